// SPDX-License-Identifier: MIT
// Going on with a task on another loop.
#pragma once

#include <coroutine>

#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"

namespace rondo {

// `bool moved = co_await switch_to(other);` Resumes on `other`'s thread, or here with false when
// that loop has ended. A stop request does not prevent it; it follows the task and is seen by the
// next operation. A loop that is stopping asks its visitors to stop, too. The task ends on its home
// loop all the same. Streams stay on their loop: they must not be used from over there.
class SwitchTo {
 public:
  explicit SwitchTo(Loop& target) noexcept : target_(target) {}

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  void await_suspend(std::coroutine_handle<Promise> self) noexcept {
    TaskContext& context = self.promise().context();
    context_ = &context;
    context.move_to(target_, self);
  }
  bool await_resume() const noexcept { return &context_->runner() == &target_; }

 private:
  Loop& target_;
  TaskContext* context_ = nullptr;
};
inline SwitchTo switch_to(Loop& target) noexcept { return SwitchTo(target); }

}  // namespace rondo
