// SPDX-License-Identifier: MIT
// How a loop is doing: its counts, for those who look at it again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rondo/observe/duration_counts.h"
#include "rondo/observe/snapshot.h"

namespace rondo {

struct LoopState {
  std::string loop;
  Asked asked;
  std::string backend;    // "epoll"
  LoopCounters counters;  // since the loop's beginning; of one that does not answer, too
  // Of one that is observed (LoopOptions::observe), since its beginning: how long its turns took,
  // and how late its timers were.
  std::optional<DurationCounts> turn_times;
  std::optional<DurationCounts> timer_lags;
  // Of one that has answered:
  std::size_t tasks = 0;        // of its root scope
  std::size_t visitors = 0;     // tasks of other loops that are on it
  std::size_t descriptors = 0;  // streams, listeners, and descriptors of others
};

// From any thread, as task_trees().
std::vector<LoopState> states_of(const std::vector<NamedLoop>& loops,
                                 Duration patience = kPatience);

// One line of `key=value`, and back. A line that is none gives an empty name.
std::string to_line(const LoopState& state);
LoopState loop_state_of_line(std::string_view line);

}  // namespace rondo
