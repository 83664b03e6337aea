// SPDX-License-Identifier: MIT
// Results as SVG.
#pragma once

#include <string>

#include "result.h"
#include "scenario.h"

namespace rondo::bench {

// A horizontal bar per row of the cell, the best first, with its range.
std::string bar_chart(const Scenario& scenario, const Cell& cell);

// A line per subject over the cells of the scenario, and a legend below.
std::string line_chart(const Scenario& scenario, const ScenarioResult& result);

}  // namespace rondo::bench
