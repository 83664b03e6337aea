// SPDX-License-Identifier: MIT
// Everything that can be measured, with what a reader has to know of it.
#pragma once

#include <string_view>
#include <vector>

namespace rondo::bench {

enum class Better { kLess, kMore, kNeither };

struct Measure {
  std::string_view key;      // in JSON and CSV
  std::string_view title;    // in tables and charts, short
  std::string_view unit;     // empty: a ratio or a number
  std::string_view meaning;  // one sentence
  Better better = Better::kLess;
  int decimals = 1;
  bool of_this_moment =
      false;  // depends on how fast the machine was just then: no two runs compare
};

// In the order of a table's columns.
const std::vector<Measure>& all_measures();

// Of that key. Throws Failure when there is none.
const Measure& measure_named(std::string_view key);

}  // namespace rondo::bench
