// SPDX-License-Identifier: MIT
// What a result means, said in words: only what the ranges allow.
#pragma once

#include <string>
#include <vector>

#include "measure.h"
#include "result.h"
#include "scenario.h"

namespace rondo::bench {

// The best row of a cell by one measure, and those that its range cannot be told apart from.
struct Ranking {
  const Row* best = nullptr;  // nullptr: nobody has the measure and came through
  std::vector<const Row*> equals;

  bool has_winner() const { return best != nullptr && equals.empty(); }
};

Ranking ranking_of(const Cell& cell, const Measure& measure);

// Sentences about one cell, and about how the lines run over all of them.
std::vector<std::string> verdict(const Scenario& scenario, const Cell& cell);
std::vector<std::string> verdict(const Scenario& scenario, const ScenarioResult& result);

}  // namespace rondo::bench
