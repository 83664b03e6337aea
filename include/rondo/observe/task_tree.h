// SPDX-License-Identifier: MIT
// Which tasks a loop has, who joins whom, and what each waits for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/base/clock.h"
#include "rondo/loop/loop.h"

namespace rondo {

// One task, as it was when it was asked for.
struct TaskLine {
  std::size_t depth = 0;            // 0: the loop's own; 1: joined by one of those; ...
  const char* name = "";            // as the task's context has it
  const char* waits_for = nullptr;  // "receive", "sleep", "join"; nullptr: ready, or running
  TimePoint deadline = kNever;      // the earliest around it
  bool is_stopping = false;         // it has been asked to end
};

// All tasks of the loop, each after the one that joins it; those that wait for nobody's end stand
// alone. On the loop's thread (from another one: by a post). Costs nothing while nobody asks.
std::vector<TaskLine> task_tree(Loop& loop);

// The same for people, a line each, indented, `begin` before each: "accept_all: join". What is
// asked to stop says so.
std::string task_tree_text(Loop& loop, std::string_view begin = {});

}  // namespace rondo
