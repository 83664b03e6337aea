// SPDX-License-Identifier: MIT
// The loop that a coroutine runs on.
#pragma once

#include <coroutine>

#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"

namespace rondo {

// The loop of a task; every runner of tasks that do I/O is a Loop.
inline Loop& loop_of(const TaskContext& context) noexcept {
  return static_cast<Loop&>(context.runner());
}

// `Loop& loop = co_await this_loop();` Never suspends.
class ThisLoop {
 public:
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    loop_ = &loop_of(self.promise().context());
    return false;
  }
  Loop& await_resume() const noexcept { return *loop_; }

 private:
  Loop* loop_ = nullptr;
};
inline ThisLoop this_loop() noexcept { return {}; }

}  // namespace rondo
