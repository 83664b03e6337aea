// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <string_view>
#include <vector>

#include "comparison.h"

namespace rondo::bench {

// The terminal table, row by row as results come in, under a line per scenario.
class Table {
 public:
  // Columns fit the names of `subjects`.
  Table(std::FILE* out, const std::vector<Subject>& subjects);

  void print_head(const Measure& measure);
  void print_row(const Comparison& comparison);

 private:
  std::FILE* out_;
  int name_width_;
  int floor_width_;
  std::string_view last_scenario_;
};

// Everything measured, each window included, as one JSON array.
void write_json(std::FILE* out, const std::vector<Comparison>& comparisons);

}  // namespace rondo::bench
