// SPDX-License-Identifier: MIT
// The cells of each scenario; with settings.quick only those that say most.
#pragma once

#include <vector>

#include "scenario.h"

namespace rondo::bench {

std::vector<CellPlan> echo_cells(const Settings& settings);
std::vector<CellPlan> wake_cost_cells(const Settings& settings);
std::vector<CellPlan> trigger_cells(const Settings& settings);
std::vector<CellPlan> payload_cells(const Settings& settings);
std::vector<CellPlan> accept_cells(const Settings& settings);
std::vector<CellPlan> tick_burst_cells(const Settings& settings);
std::vector<CellPlan> memory_cells(const Settings& settings);
std::vector<CellPlan> io_models_cells(const Settings& settings);
std::vector<CellPlan> nagle_cells(const Settings& settings);
std::vector<CellPlan> timers_cells(const Settings& settings);
std::vector<CellPlan> coroutine_cells(const Settings& settings);
std::vector<CellPlan> post_cells(const Settings& settings);
std::vector<CellPlan> topologies_cells(const Settings& settings);
std::vector<CellPlan> threads_cells(const Settings& settings);
std::vector<CellPlan> chooser_cells(const Settings& settings);

}  // namespace rondo::bench
