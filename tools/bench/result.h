// SPDX-License-Identifier: MIT
// What a run has measured, as it is kept and reported.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.h"
#include "statistics.h"

namespace rondo::bench {

// One subject in one cell.
struct Row {
  std::string subject;
  std::string kind;
  std::string note;                // why there are no numbers, or what to mind about them
  bool failed = false;             // it died, or answered wrongly; `note` says how
  std::vector<std::string> marks;  // short words about the numbers: "load saturated"
  std::map<std::string, Estimate, std::less<>> measures;            // by key
  std::map<std::string, std::vector<double>, std::less<>> samples;  // each window, by key

  const Estimate* find(std::string_view key) const {
    const auto found = measures.find(key);
    return found == measures.end() ? nullptr : &found->second;
  }
  // Keeps the samples and what they come to. Does nothing when there are none.
  void set(std::string key, std::vector<double> values) {
    if (values.empty()) return;
    measures[key] = estimate(values);
    samples[std::move(key)] = std::move(values);
  }
};

// The same work given to several subjects in turn.
struct Cell {
  std::string name;
  double x = 0;           // its place on the axis of the scenario
  std::string reference;  // that the ratios are to; empty when there are none
  double seconds = 0;     // that it took
  std::vector<Row> rows;

  const Row* find(std::string_view subject) const;
};

struct ScenarioResult {
  std::string name;
  std::vector<Cell> cells;

  const Cell* find(std::string_view cell) const;
};

using Facts = std::vector<std::pair<std::string, std::string>>;

struct Report {
  Facts environment;
  Facts settings;
  std::vector<ScenarioResult> scenarios;

  const ScenarioResult* find(std::string_view scenario) const;
  // Puts the cell in, in place of one of that name.
  void put(std::string_view scenario, Cell cell);
  // Whether any subject failed.
  bool failed() const;
};

Json to_json(const Report& report);
// Throws Failure when it is no report.
Report report_from(const Json& json);

// A line per measure of each row.
std::string to_csv(const Report& report);

}  // namespace rondo::bench
