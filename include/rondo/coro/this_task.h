// SPDX-License-Identifier: MIT
// What a coroutine can ask of the task that it runs in.
#pragma once

#include <coroutine>

#include "rondo/coro/task.h"

namespace rondo {

// `TaskContext& context = co_await this_context();` Never suspends.
class ThisContext {
 public:
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    context_ = &self.promise().context();
    return false;
  }
  TaskContext& await_resume() const noexcept { return *context_; }

 private:
  TaskContext* context_ = nullptr;
};
inline ThisContext this_context() noexcept { return {}; }

// `TimePoint end = co_await this_deadline();` When this task will be asked to stop because its time
// is up: the earliest deadline of the with_timeouts around it, kNever for none. Never suspends.
class ThisDeadline {
 public:
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    deadline_ = self.promise().context().deadline();
    return false;
  }
  TimePoint await_resume() const noexcept { return deadline_; }

 private:
  TimePoint deadline_ = kNever;
};
inline ThisDeadline this_deadline() noexcept { return {}; }

// `bool asked = co_await stop_requested();` True once somebody has asked this task to end; for code
// that computes for long without awaiting operations. Never suspends.
class StopRequested {
 public:
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    asked_ = self.promise().context().stop_requested();
    return false;
  }
  bool await_resume() const noexcept { return asked_; }

 private:
  bool asked_ = false;
};
inline StopRequested stop_requested() noexcept { return {}; }

// `co_await yield();` Lets everything else that is ready run first. Resumes on the same loop; a
// stop request does not shorten it.
class Yield {
 public:
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
    self.promise().context().yield(self);
  }
  void await_resume() const noexcept {}
};
inline Yield yield() noexcept { return {}; }

}  // namespace rondo
