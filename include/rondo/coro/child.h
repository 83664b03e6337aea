// SPDX-License-Identifier: MIT
// What a scope gives for a child that it has started.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/context.h"
#include "rondo/coro/job.h"
#include "rondo/coro/one_shot.h"
#include "rondo/coro/task.h"

namespace rondo {

// A Result of what the child returns; the child's own, if that is one.
template <class T>
using Joined = std::conditional_t<is_result_v<T>, T, Result<T>>;

// A handle for one child of a scope, for those who want its value or want to stop it alone. It may
// be dropped: the scope joins the child all the same. Used on the loop of the scope.
template <class T>
class Child {
 public:
  Child(OneShot<T> outcome, TaskContext& task) noexcept
      : outcome_(std::move(outcome)), task_(&task) {}

  // `auto value = co_await child.join();` Until the child has ended; gives its value, once.
  // Errc::closed when it ended without one: by an exception (which the scope rethrows), or
  // destroyed. A stop request ends the wait with Errc::canceled, and the child goes on. One waiter
  // at a time.
  class [[nodiscard]] Join final : public OneShot<T>::Take {
   public:
    explicit Join(OneShot<T>& outcome) noexcept : OneShot<T>::Take(outcome) {}

    Joined<T> await_resume() noexcept {
      Result<T> outcome = OneShot<T>::Take::await_resume();
      if constexpr (is_result_v<T>) {
        if (!outcome) return outcome.error();
        return std::move(*outcome);
      } else {
        return outcome;
      }
    }
  };
  Join join() noexcept { return Join(outcome_); }

  bool has_ended() const noexcept { return outcome_.is_over(); }
  // Asks this child alone to end.
  void stop() noexcept {
    if (!has_ended()) task_->stop();
  }

 private:
  OneShot<T> outcome_;
  TaskContext* task_;  // while it has not ended
};

// The child's side. The value is handed over when the frame goes, which is on the scope's loop
// wherever the child has been.
template <class T>
class ChildOutcome {
 public:
  explicit ChildOutcome(typename OneShot<T>::Sender sender) noexcept : sender_(std::move(sender)) {}
  ChildOutcome(ChildOutcome&&) = default;
  ChildOutcome& operator=(ChildOutcome&&) = delete;
  ~ChildOutcome() {
    if (!value_) return;
    if constexpr (std::is_void_v<T>) {
      sender_.set();
    } else {
      sender_.set(std::move(*value_));
    }
  }
  template <class... U>
  void keep(U&&... value) {
    value_.emplace(std::forward<U>(value)...);
  }

 private:
  typename OneShot<T>::Sender sender_;
  std::optional<Stored<T>> value_;
};

// As make_job, and the value is kept. The outcome is a parameter because those go last.
template <class T, class Function, class... Arguments>
Job make_child(ChildOutcome<T> outcome, Function function, Arguments... arguments) {
  auto task = std::invoke(function, std::move(arguments)...);
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    outcome.keep();
  } else {
    outcome.keep(co_await std::move(task));
  }
}

}  // namespace rondo
