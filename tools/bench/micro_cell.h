// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "json.h"
#include "progress.h"
#include "settings.h"

namespace rondo::bench {

// Benchmarks of one of the programs of benchmarks/ that are made with Google Benchmark.
struct MicroPlan {
  std::string program;  // "loop-bench"
  std::string family;   // benchmarks FAMILY/NAME, and
  std::string suffix;   // of them those that end so, as in FAMILY/NAME/1000; empty: all
  std::string measure;  // what their time is, "ns" or "late_us"
};

// Fills `cell.rows`, one per NAME. Throws Failure.
void run_micro(const MicroPlan& plan, const Settings& settings, Progress& progress, Cell& cell);

// The rows that Google Benchmark's JSON comes to. Throws Failure when it is none.
std::vector<Row> micro_rows(const Json& output, const MicroPlan& plan);

}  // namespace rondo::bench
