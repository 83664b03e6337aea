// SPDX-License-Identifier: MIT
// What is compared: each scenario is one table and one chart.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "progress.h"
#include "settings.h"

namespace rondo::bench {

struct CellPlan {
  std::string name;
  double x = 0;                               // place on the axis
  double seconds = 0;                         // that it takes, about
  std::function<void(Progress&, Cell&)> run;  // none: nobody who takes part in it was chosen
};

enum class ChartForm { kBars, kLines };

struct Scenario {
  std::string_view name;
  std::string_view title;
  std::string_view compares;  // what is compared, and why one would want to know
  std::string_view measure;   // that the chart shows and the verdict is about
  ChartForm form;
  std::string_view axis;                  // of the lines; empty for bars
  std::vector<std::string_view> columns;  // keys of the table's measures
  std::vector<CellPlan> (*cells)(const Settings&);
};

const std::vector<Scenario>& all_scenarios();

// Throws Failure, which names those that there are.
const Scenario& scenario_named(std::string_view name);

}  // namespace rondo::bench
