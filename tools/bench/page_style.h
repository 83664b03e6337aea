// SPDX-License-Identifier: MIT
#pragma once

namespace rondo::bench {

// The style sheet of the page: light and dark as the reader's system asks, one column on a phone.
inline constexpr const char* kPageStyle = R"(
:root { color-scheme: light dark; --ground: #fcfcfa; --ink: #1c1f23; --soft: #5d646d;
  --grid: #dcdfe3; --panel: #ffffff; --rondo: #c2410c; --floor: #8a919b; --peer: #2563a8;
  --model: #4d7c3a; --other: #7c3aa8;
  --c0: #c2410c; --c1: #2563a8; --c2: #3f7d33; --c3: #8b3fa0; --c4: #a8790a; --c5: #0f766e;
  --c6: #be3565; --c7: #555c66; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15171a; --ink: #e6e8ea; --soft: #9aa2ac; --grid: #343a41; --panel: #1c1f23;
    --rondo: #f98b4f; --floor: #8d96a1; --peer: #6ba6e8; --model: #8fc27a; --other: #c29be8;
    --c0: #f98b4f; --c1: #6ba6e8; --c2: #86c773; --c3: #cf93e0; --c4: #e0b54a; --c5: #4fc4b8;
    --c6: #f27ba3; --c7: #a9b1bb; } }
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--ink); margin: 0 auto; max-width: 1320px;
  padding: 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0.2em 0 0; } h2 { margin: 2.2em 0 0.3em; } h3 { margin: 0.4em 0; font-size: 1rem; }
p { max-width: 46rem; margin: 0.5em 0; } a { color: var(--peer); }
nav a { display: inline-block; margin: 0.2em 0.9em 0.2em 0; }
.shows { color: var(--soft); }
details { margin: 0.6em 0; } summary { cursor: pointer; font-weight: 600; }
.cells { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
figure { background: var(--panel); border: 1px solid var(--grid); border-radius: 8px;
  margin: 0.5em 0; padding: 0.7rem; min-width: 0; max-width: 640px; }
figure p { font-size: 0.9rem; }
.cells figure { margin: 0; }
figure svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif; }
svg .axis { fill: var(--soft); font-size: 10.5px; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .value { font-variant-numeric: tabular-nums; }
.bar.rondo { fill: var(--rondo); } .bar.floor { fill: var(--floor); }
.bar.peer { fill: var(--peer); } .bar.model { fill: var(--model); }
.bar.other { fill: var(--other); }
svg .name.rondo { font-weight: 600; }
.range { stroke: var(--ink); stroke-width: 1.2; }
.cut { fill: none; stroke: var(--panel); stroke-width: 2.5; }
.one { stroke: var(--soft); stroke-dasharray: 3 3; }
.grid { stroke: var(--grid); }
.line { fill: none; stroke-width: 2.2; } .line.floor { stroke-dasharray: 5 3; stroke-width: 1.6; }
.line.peer { stroke-dasharray: 1.5 2.5; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
.c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
.c6 { stroke: var(--c6); } .c7 { stroke: var(--c7); }
.legend { list-style: none; margin: 0.4rem 0 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: 0.1rem 0.9rem; font-size: 0.82rem; }
.legend .swatch { display: inline-block; width: 24px; height: 8px; margin-right: 5px;
  vertical-align: middle; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--grid); padding: 0.25em 0.6em; text-align: right;
  vertical-align: top; white-space: nowrap; }
th { font-weight: 600; } th:first-child, td.remark { text-align: left; }
th.rondo { color: var(--rondo); } td.remark { color: var(--soft); } small { color: var(--soft); }
.facts td { text-align: left; white-space: normal; } .facts { margin: 0.5em 0; }
)";

}  // namespace rondo::bench
