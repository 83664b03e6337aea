// SPDX-License-Identifier: MIT
// Numbers as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "measure.h"
#include "result.h"
#include "scenario.h"

namespace rondo::bench {

// "1.012", "145,210": rounded as the measure asks.
std::string number_text(double value, const Measure& measure);

// The same with its range: "1.012 (0.990 to 1.031)"; without when there is only one value.
std::string range_text(const Estimate& value, const Measure& measure);

// What does not come from a measurement but stands in its place: a note, or the marks.
std::string remark_text(const Row& row);

// The measures that a table of this cell has columns for.
std::vector<const Measure*> columns_of(const Scenario& scenario, const Cell& cell);

// A head and a line per row, no wider than `width`: columns that do not fit are left out, the last
// ones first.
std::vector<std::string> table_lines(const Scenario& scenario, const Cell& cell, std::size_t width);

}  // namespace rondo::bench
