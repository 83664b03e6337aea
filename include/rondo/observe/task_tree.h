// SPDX-License-Identifier: MIT
// Which tasks a loop has, who joins whom, and what each waits for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/base/clock.h"
#include "rondo/loop/loop.h"

namespace rondo {

enum class TaskState : std::uint8_t {
  kReady,    // in the queue of its loop, or running
  kWaiting,  // for what `waits_for` says
  kAway,     // on another loop, whose tree has it among its visitors
  kEnded,    // about to be joined
};

// One task, as it was when it was asked for. Holds nothing of it.
struct TaskLine {
  std::size_t depth = 0;    // 0: the loop's own, or a visitor; 1: joined by one of those; ...
  bool is_visitor = false;  // at home on another loop, and joined there
  std::string name;         // what it was called, or its outermost coroutine: "serve"
  TaskState state = TaskState::kReady;
  std::string waits_for;              // "receive", "sleep", "join"; empty unless kWaiting
  TimePoint since = {};               // when the turn began in which it came to wait
  int descriptor = -1;                // of what it waits for; -1: none
  std::size_t bytes = 0;              // that it still has to send
  TimePoint until = kNever;           // when the sleep ends
  TimePoint deadline = kNever;        // the earliest around it
  bool is_stopping = false;           // it has been asked to end
  const Runner* elsewhere = nullptr;  // the loop that it is on, if kAway; an address to compare
  // Its coroutines, from the one that waits to the one that was spawned; empty unless kWaiting (or
  // kReady, and it is the task's turn soon).
  std::vector<std::source_location> coroutines;
};

// All tasks of the loop, each after the one that joins it; those that wait for nobody's end stand
// alone; then the visitors. On the loop's thread; task_trees() (rondo/observe/snapshot.h) goes to
// others. Costs nothing while nobody asks.
std::vector<TaskLine> task_tree(Loop& loop);

// The same for people, a line each, indented, `begin` before each:
//
//   accept_all: join
//     serve: send, fd 7, 4096 bytes to go, for 1.203 s, deadline in 0.797 s, at connection.cc:17
//
std::string task_tree_text(Loop& loop, std::string_view begin = {});
// One line of it, without begin and end. `now` is the time of the loop's clock.
std::string to_text(const TaskLine& line, TimePoint now);

// The stack of a task's coroutines for people, the innermost first, a line each:
// "#0 read_header at http.cc:40".
std::string stack_text(const TaskLine& line, std::string_view begin = {});

}  // namespace rondo
