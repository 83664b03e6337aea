// SPDX-License-Identifier: MIT
#include "comparison.h"

#include <algorithm>
#include <cmath>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "environment.h"
#include "measure.h"
#include "table.h"

namespace rondo::bench {
namespace {

constexpr double kAlwaysNoise = 0.02;   // of a value with a range
constexpr double kNoiseOfCounts = 0.1;  // of a single value

void compare_rows(const Row& before, const Row& after, bool times, const Movement& where,
                  std::vector<Movement>& found) {
  for (const auto& [key, value] : after.measures) {
    const Measure& measure = measure_named(key);
    const Estimate* old = before.find(key);
    if (old == nullptr || measure.better == Better::kNeither) continue;
    if (measure.of_this_moment && !times) continue;
    Movement movement = where;
    movement.subject = after.subject;
    movement.key = key;
    movement.before = *old;
    movement.after = value;
    found.push_back(std::move(movement));
  }
}

std::string differences(const Report& before, const Report& after) {
  std::string text;
  for (const auto& [name, value] : after.environment) {
    const std::string old = fact(before.environment, name);
    if (old != value && name != "time") {
      absl::StrAppend(&text, "  ", name, ": ", old.empty() ? "unknown" : old, " -> ", value, "\n");
    }
  }
  return text.empty() ? "" : "The two runs differ in\n" + text + "\n";
}

// Too few for a range that holds the true median nineteen times in twenty.
bool few_windows(const Report& report) {
  int windows = 0;
  return absl::SimpleAtoi(fact(report.settings, "windows of each subject"), &windows) &&
         windows < 6;
}

}  // namespace

std::vector<Movement> movements(const Report& before, const Report& after, bool times) {
  std::vector<Movement> found;
  for (const ScenarioResult& scenario : after.scenarios) {
    const ScenarioResult* old_scenario = before.find(scenario.name);
    if (old_scenario == nullptr) continue;
    for (const Cell& cell : scenario.cells) {
      const Cell* old_cell = old_scenario->find(cell.name);
      if (old_cell == nullptr) continue;
      for (const Row& row : cell.rows) {
        const Movement where = {scenario.name, cell.name, "", "", {}, {}};
        const Row* old_row = old_cell->find(row.subject);
        if (old_row != nullptr) compare_rows(*old_row, row, times, where, found);
      }
    }
  }
  return found;
}

bool beyond_noise(const Movement& movement) {
  const auto counted = [](const Estimate& value) { return value.least == value.most; };
  const double largest =
      std::max(std::abs(movement.before.median), std::abs(movement.after.median));
  const double distance = std::abs(movement.after.median - movement.before.median);
  const double noise =
      counted(movement.before) || counted(movement.after) ? kNoiseOfCounts : kAlwaysNoise;
  return !movement.before.overlaps(movement.after) && distance > noise * largest;
}

std::string comparison_text(const Report& before, const Report& after, bool times) {
  const std::vector<Movement> found = movements(before, after, times);
  std::string text = differences(before, after);
  std::string last_cell;
  std::size_t moved = 0;
  for (const Movement& movement : found) {
    const Measure& measure = measure_named(movement.key);
    const std::string cell = absl::StrCat(movement.scenario, ": ", movement.cell);
    if (cell != last_cell) absl::StrAppend(&text, cell, "\n");
    last_cell = cell;
    const char* verdict = "";
    if (beyond_noise(movement)) {
      ++moved;
      const bool more = movement.after.median > movement.before.median;
      verdict = more == (measure.better == Better::kMore) ? "  better" : "  WORSE";
    }
    absl::StrAppendFormat(&text, "  %-20s %-16s %28s -> %-28s x %.3f%s\n", movement.subject,
                          std::string(measure.title), range_text(movement.before, measure),
                          range_text(movement.after, measure), movement.ratio(), verdict);
  }
  absl::StrAppend(&text, moved, " of ", found.size(), " moved beyond noise\n");
  if (few_windows(before) || few_windows(after)) {
    absl::StrAppend(&text,
                    "fewer than six windows each: their ranges are narrower than the truth\n");
  }
  return text;
}

}  // namespace rondo::bench
