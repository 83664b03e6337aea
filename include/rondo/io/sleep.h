// SPDX-License-Identifier: MIT
// Waiting for a time.
#pragma once

#include <coroutine>

#include "rondo/base/clock.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/loop/this_loop.h"
#include "rondo/loop/timers.h"

namespace rondo {

// `co_await sleep_until(t)`, `co_await sleep(5ms)`. Resumes never before the time, on the loop that
// it was awaited on. A stop request ends it early with Errc::canceled. Allocates nothing.
class [[nodiscard]] Sleep final : private Timer {
 public:
  explicit Sleep(TimePoint until) noexcept : until_(until) {}
  explicit Sleep(Duration wait) noexcept : wait_(wait) {}
  Sleep(Sleep&& other) noexcept : until_(other.until_), wait_(other.wait_) {
    require(other.context_ == nullptr, "a sleep was moved after it had begun");
  }

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    require(!linked(), self.promise().context(), "a sleep was awaited that is being awaited");
    context_ = &self.promise().context();
    if (context_->stop_requested()) {
      stopped_ = true;
      return false;
    }
    Loop& loop = loop_of(*context_);
    context_->suspend(*this, self);
    loop.timers().arm(*this, until_ == kNever ? after(loop.now(), wait_) : until_);
    return true;
  }
  Result<void> await_resume() const noexcept {
    if (stopped_) return Errc::canceled;
    return {};
  }

 private:
  void run() noexcept override { context_->resume(); }
  void stop() noexcept override {
    if (linked() && !armed()) return;  // in the ready queue already
    Loop& loop = loop_of(*context_);
    loop.timers().cancel(*this);
    stopped_ = true;
    loop.ready().push_back(*this);
  }
  const char* what() const noexcept override { return "sleep"; }
  void describe(WaitDetails& details) const noexcept override { details.until = deadline; }

  TimePoint until_ = kNever;
  Duration wait_ = Duration::max();
  TaskContext* context_ = nullptr;
  bool stopped_ = false;
};

inline Sleep sleep(Duration wait) noexcept { return Sleep(wait); }
inline Sleep sleep_until(TimePoint until) noexcept { return Sleep(until); }

}  // namespace rondo
