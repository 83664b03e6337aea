// SPDX-License-Identifier: MIT
// Asking several loops for something at once, and waiting for their answers.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "rondo/base/clock.h"
#include "rondo/loop/loop.h"
#include "rondo/observe/task_tree.h"
#include "rondo/runtime/runtime.h"

namespace rondo {

// A loop and what people call it.
struct NamedLoop {
  std::string name;
  Loop* loop = nullptr;
};

// All loops of a runtime: "main", "master-0", "sub-0", ...
std::vector<NamedLoop> loops_of(const Runtime& runtime);

enum class Answer : std::uint8_t {
  kGiven,
  kLate,   // the loop has not come to it in time: something on it computes or blocks, or it is not
           // turned at all
  kEnded,  // the loop has ended
};
// "", "does not answer", "has ended".
const char* name_of(Answer answer) noexcept;

struct Asked {
  Answer answer = Answer::kLate;
  Duration took = Duration(0);  // from the post to the answer: how far the loop lags behind
};

// Calls `look(place, loop)` on the thread of each loop, at the same time, between two tasks of its;
// waits until all have answered, but not longer than `patience`. Any thread; if the caller is on
// one of these loops, that one is looked at directly, and stands still until the others have
// answered. After a late one `look` is not called any more. One Asked for each loop, in their
// order. All loops must still be there when this is called.
std::vector<Asked> ask_loops(const std::vector<NamedLoop>& loops, Duration patience,
                             std::function<void(std::size_t place, Loop& loop)> look);

// The tasks of one loop.
struct LoopTasks {
  std::string loop;
  Asked asked;
  TimePoint time = {};          // of the loop's clock, when it was looked at
  std::vector<TaskLine> tasks;  // empty unless it has answered
};

inline constexpr Duration kPatience = std::chrono::seconds(1);

// The trees of all these loops. They are not taken at one moment: a task that changes loops
// meanwhile may be in two of them or in none.
std::vector<LoopTasks> task_trees(const std::vector<NamedLoop>& loops,
                                  Duration patience = kPatience);

// The same for people: a line for each loop, its tasks below. For a task on another loop that one
// is named.
std::string to_text(const std::vector<LoopTasks>& loops, const std::vector<NamedLoop>& names);

}  // namespace rondo
