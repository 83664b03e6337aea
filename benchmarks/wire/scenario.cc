// SPDX-License-Identifier: MIT
#include "scenario.h"

#include "failure.h"

namespace rondo::bench {

const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> scenarios = {
      {.name = "W1", .summary = "1 x 64 B", .connections = 1, .bytes = 64},
      {.name = "W2", .summary = "64 x 64 B", .connections = 64, .bytes = 64},
      {.name = "W3", .summary = "1000 x 64 B", .connections = 1000, .bytes = 64},
      {.name = "W4", .summary = "64 x 64 B, depth 16", .connections = 64, .bytes = 64, .depth = 16},
      {.name = "W5", .summary = "64 x 16 KiB", .connections = 64, .bytes = 16 * 1024},
      // Not by default: they are for what waiting costs beside idle connections. The last one needs
      // 10,100 descriptors in server and load each; 900 is what select can see.
      {.name = "W6-100",
       .summary = "64 x 64 B + 100 idle",
       .connections = 64,
       .bytes = 64,
       .idle = 100,
       .by_default = false},
      {.name = "W6-900",
       .summary = "64 x 64 B + 900 idle",
       .connections = 64,
       .bytes = 64,
       .idle = 900,
       .by_default = false},
      {.name = "W6",
       .summary = "64 x 64 B + 10,000 idle",
       .connections = 64,
       .bytes = 64,
       .idle = 10'000,
       .by_default = false},
      {.name = "W7",
       .summary = "connect, echo, close",
       .connections = 64,
       .bytes = 64,
       .churn = true},
  };
  return scenarios;
}

const Scenario& scenario_named(std::string_view name) {
  for (const Scenario& scenario : all_scenarios()) {
    if (scenario.name == name) return scenario;
  }
  throw Failure("no scenario '" + std::string(name) + "' (see --help)");
}

}  // namespace rondo::bench
