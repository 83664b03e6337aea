// SPDX-License-Identifier: MIT
// A deadline over whatever a task does, and one timer for all of it.
#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/base/clock.h"
#include "rondo/base/result.h"
#include "rondo/coro/scope.h"
#include "rondo/coro/when.h"
#include "rondo/loop/this_loop.h"
#include "rondo/loop/timers.h"

namespace rondo {

// Asks a scope to stop when its time has come.
class StopAtDeadline final : public Timer {
 public:
  StopAtDeadline(Timers& timers, Scope& scope, TimePoint when) noexcept : scope_(scope) {
    timers.arm(*this, when);
  }
  bool passed() const noexcept { return passed_; }

 private:
  void run() noexcept override {
    passed_ = true;
    scope_.stop();
  }

  Scope& scope_;
  bool passed_ = false;
};

// What with_timeout gives for a task of T.
template <class T>
using Timed = std::conditional_t<std::is_void_v<T>, Result<void>, T>;

template <class T>
Task<Timed<T>> with_deadline_of(TimePoint deadline, Task<T> task) {
  TaskContext& context = co_await this_context();
  std::optional<Stored<T>> result;
  Scope scope(context);
  scope.set_deadline(std::min(deadline, context.deadline()));
  scope.add(job_into<T>(&result, std::move(task)));
  // One that is not before those around it has nothing to do.
  StopAtDeadline timer(loop_of(context).timers(), scope,
                       deadline < context.deadline() ? deadline : kNever);
  co_await scope.join();
  // A stop from outside stays a cancellation, whatever the clock says.
  const bool timed_out = timer.passed() && !context.stop_requested();
  if constexpr (std::is_void_v<T>) {
    if (timed_out) co_return Errc::timed_out;
    co_return Result<void>();
  } else if constexpr (is_result_v<T>) {
    if (timed_out && !*result && result->error().is(Errc::canceled)) co_return Errc::timed_out;
    co_return std::move(*result);
  } else if constexpr (std::is_same_v<T, Transfer>) {
    if (timed_out && result->failure.is(Errc::canceled)) result->failure = Errc::timed_out;
    co_return *result;
  } else {
    co_return std::move(*result);
  }
}

// `co_await with_timeout(1s, exchange(stream))`, `co_await with_timeout(5s, stream.receive())`:
// awaits a task or an operation, and asks it to stop when the time is up. The whole of it has one
// deadline, however many steps it takes; it has always ended when this does.
//
// Deadlines nest: an inner one that is later than one around it never comes, and what it is set for
// ends with the outer one, as canceled. `co_await this_deadline()` tells the earliest.
//
// When the deadline was what ended it, a Result or Transfer that says canceled says
// Errc::timed_out instead; a result that was there in spite of the deadline is delivered. A
// Task<void> gives Result<void>; other values are what the task made of it.
template <class Awaitable>
auto with_deadline(TimePoint deadline, Awaitable awaitable) {
  return with_deadline_of<TaskValue<Awaitable>>(deadline, as_task(std::move(awaitable))).unnamed();
}

template <class T>
Task<Timed<T>> with_timeout_of(Duration wait, Task<T> task) {
  Loop& loop = co_await this_loop();
  auto in_time = with_deadline(after(loop.now(), wait), std::move(task));
  co_return co_await std::move(in_time);
}

// The time counts from the await.
template <class Awaitable>
auto with_timeout(Duration wait, Awaitable awaitable) {
  return with_timeout_of<TaskValue<Awaitable>>(wait, as_task(std::move(awaitable))).unnamed();
}

}  // namespace rondo
