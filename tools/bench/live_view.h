// SPDX-License-Identifier: MIT
// The terminal while a run goes on: the table of the current cell as it fills, a line of progress
// and the time left. Where the output is no terminal, only what is finished.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "progress.h"
#include "scenario.h"

namespace rondo::bench {

class LiveView : public Progress {
 public:
  // `planned` seconds are what all cells to come should take.
  LiveView(std::FILE* out, double planned);

  void begin(const Scenario& scenario, const CellPlan& cell);
  void at(double part, std::string_view what, const Cell& so_far) override;
  // The cell stays on the screen.
  void finish(const Cell& cell);
  // Takes away what is not finished.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  double seconds_left(double part) const;
  void draw(const std::vector<std::string>& lines);

  std::FILE* out_;
  bool terminal_;
  std::size_t width_;
  const Scenario* scenario_ = nullptr;
  std::string cell_name_;
  double planned_;
  double planned_before_ = 0;  // of the cells that are done
  double planned_now_ = 0;     // of this cell
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_;
  std::size_t lines_drawn_ = 0;
};

// "45 s", "3 min 20 s".
std::string time_text(double seconds);

}  // namespace rondo::bench
