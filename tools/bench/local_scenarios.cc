// SPDX-License-Identifier: MIT
// The scenarios that need no server: parts of the library by themselves, and the kernel's timers.
#include <absl/strings/str_cat.h>

#include "chooser_cell.h"
#include "micro_cell.h"
#include "nagle_cell.h"
#include "scenarios.h"

namespace rondo::bench {
namespace {

CellPlan micro_cell(std::string name, double x, double benchmarks, MicroPlan plan,
                    const Settings& settings) {
  auto run = [plan = std::move(plan), settings](Progress& progress, Cell& cell) {
    run_micro(plan, settings, progress, cell);
  };
  // Google Benchmark tries a few times how often it has to repeat.
  const double seconds = benchmarks * (settings.rounds + 2) * settings.window / 4;
  return {.name = std::move(name), .x = x, .seconds = seconds, .run = std::move(run)};
}

}  // namespace

std::vector<CellPlan> nagle_cells(const Settings& settings) {
  constexpr double kSecondsPerRound = 0.25;  // five requests of 40 ms, and two of nearly nothing
  auto run = [settings](Progress& progress, Cell& cell) { run_nagle(settings, progress, cell); };
  return {{.name = "write, write, read",
           .x = 0,
           .seconds = 2 + settings.rounds * kSecondsPerRound,
           .run = std::move(run)}};
}

std::vector<CellPlan> timers_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int pending : {1000, 10'000, 100'000, 1'000'000, 10'000'000}) {
    if (settings.quick && pending != 1000 && pending != 1'000'000) continue;
    cells.push_back(micro_cell(absl::StrCat(pending, " pending"), pending, 3 + pending / 1e6,
                               {.program = "loop-bench",
                                .family = "timers",
                                .suffix = absl::StrCat("/", pending),
                                .measure = "ns"},
                               settings));
  }
  cells.push_back(micro_cell(
      "a sleep of 1 ms", 0, 4,
      {.program = "io-bench", .family = "late", .suffix = "", .measure = "late_us"}, settings));
  return cells;
}

std::vector<CellPlan> coroutine_cells(const Settings& settings) {
  const auto cell = [&](const char* name, const char* program, const char* family,
                        double benchmarks) {
    return micro_cell(name, 0, benchmarks,
                      {.program = program, .family = family, .suffix = "", .measure = "ns"},
                      settings);
  };
  return {cell("call, suspend, resume", "coro-bench", "task", 5),
          cell("spawn", "coro-bench", "scope", 2),
          cell("memory of a frame", "coro-bench", "frame", 6),
          cell("ready queue", "base-bench", "ready", 3),
          cell("receive buffers", "buffer-bench", "pool", 3),
          cell("turn of the loop", "loop-bench", "turn", 12)};
}

std::vector<CellPlan> post_cells(const Settings& settings) {
  const auto cell = [&](const char* name, const char* family, const char* suffix) {
    return micro_cell(
        name, 0, 5, {.program = "loop-bench", .family = family, .suffix = suffix, .measure = "ns"},
        settings);
  };
  return {cell("one producer, per message", "post", "/1"),
          cell("three producers, per message", "post", "/3"),
          cell("wake and back, one core", "wake", "/0"),
          cell("wake and back, two cores", "wake", "/1")};
}

std::vector<CellPlan> chooser_cells(const Settings& settings) {
  constexpr double kSecondsPerRound = 0.1;
  std::vector<CellPlan> cells;
  for (const std::size_t loops : {2, 3, 8, 32}) {
    auto run = [=](Progress& progress, Cell& cell) {
      run_choosers(loops, settings, progress, cell);
    };
    cells.push_back({.name = absl::StrCat(loops, " loops"),
                     .x = static_cast<double>(loops),
                     .seconds = settings.rounds * kSecondsPerRound,
                     .run = std::move(run)});
  }
  return cells;
}

}  // namespace rondo::bench
