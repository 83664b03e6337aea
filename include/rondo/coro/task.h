// SPDX-License-Identifier: MIT
// Task<T>: a coroutine that computes a T when it is awaited.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <variant>

#include "rondo/base/assert.h"
#include "rondo/coro/context.h"
#include "rondo/coro/forgotten.h"
#include "rondo/coro/frame_pool.h"

namespace rondo {

// What every coroutine of the library has: its task's context, and frames from the pool.
class PromiseBase {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  TaskContext& context() const noexcept { return *context_; }
  void set_context(TaskContext& context) noexcept { context_ = &context; }

  // Whether it is a task's outermost coroutine.
  static constexpr bool kIsOutermost = false;

 protected:
  ~PromiseBase() = default;

 private:
  TaskContext* context_ = nullptr;
};

// A promise that awaitables of the library can be awaited from.
template <class Promise>
concept TaskPromise = std::derived_from<Promise, PromiseBase>;

template <class T>
class Task;

class TaskPromiseBase : public PromiseBase {
 public:
  // Names the awaiting coroutine as the next to run; the Runner resumes it.
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      TaskPromiseBase& promise = self.promise();
      promise.context().runner().run_next(promise.continuation_);
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept {
#if defined(__cpp_exceptions)
    failure_ = std::current_exception();
#else
    panic("an exception reached a task of a library built without exceptions");
#endif
  }

  void set_continuation(std::coroutine_handle<> continuation) noexcept {
    continuation_ = continuation;
  }
  // Who awaits it; null before it is awaited.
  std::coroutine_handle<> continuation() const noexcept { return continuation_; }
  // The coroutine's function; its line is 0 if it has none to show.
  const std::source_location& where() const noexcept { return where_; }
  void forget_where() noexcept { where_ = {}; }

 protected:
  explicit TaskPromiseBase() noexcept = default;
  ~TaskPromiseBase() = default;

  void set_where(const std::source_location& where) noexcept { where_ = where; }
  void rethrow_failure() const {
#if defined(__cpp_exceptions)
    if (failure_) [[unlikely]] {
      std::rethrow_exception(failure_);
    }
#endif
  }

 private:
  std::coroutine_handle<> continuation_;
  std::source_location where_;
#if defined(__cpp_exceptions)
  std::exception_ptr failure_;
#else
  // The same layout, so that code built with and without exceptions can be linked together.
  [[maybe_unused]] void* failure_ = nullptr;
#endif
};

template <class T>
class BasicPromise final : public TaskPromiseBase {
 public:
  Task<T> get_return_object(std::source_location where = std::source_location::current()) noexcept;

  template <class U = T>
  requires std::constructible_from<T, U&&>
  void return_value(U&& value) { value_.emplace(std::forward<U>(value)); }

  T take() {
    rethrow_failure();
    require(value_.has_value(), "a task's result was read before the task had one");
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class BasicPromise<void> final : public TaskPromiseBase {
 public:
  inline Task<void> get_return_object(
      std::source_location where = std::source_location::current()) noexcept;
  void return_void() const noexcept {}
  void take() const { rethrow_failure(); }
};

// Lazy: nothing runs before `co_await std::move(task)` (or `co_await f()`). Move-only; awaited at
// most once. The child runs in the awaiting task's context, on its loop, and ends before the
// await does; its exception is rethrown at the await. Destroying a Task destroys its frame at
// whatever point it is suspended; operations in flight are taken back first.
//
// A stop request does not end a Task by itself: it makes the operation that the task waits for, and
// every one that it begins afterwards, end with Errc::canceled, and the code decides.
//
// One that is made and dropped by running code without ever having been awaited or spawned was
// forgotten: under _GLIBCXX_ASSERTIONS the process ends with a message that names its coroutine,
// unless an exception is on its way or the Task lay in a frame that is destroyed. Otherwise it is
// just destroyed. Who means it calls discard().
template <class T = void>
class [[nodiscard("a Task does nothing until it is awaited or spawned")]] Task {
 public:
  using promise_type = BasicPromise<T>;
  using value_type = T;

  Task(Task && other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    Task taken(std::move(other));
    std::swap(frame_, taken.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) [[unlikely]] {
      drop(kForgettingIsMisuse);
    }
  }

  // For what merely stands around somebody's own: whoever looks in passes its coroutine over, and a
  // task whose outermost one it is keeps the name that it has inherited.
  Task unnamed()&& noexcept {
    frame_.promise().forget_where();
    return std::move(*this);
  }

  // Gives it up although it was never awaited; nothing of it runs.
  void discard()&& noexcept {
    if (frame_) drop(false);
  }

  // Holds the frame, so that it goes when the await expression ends.
  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    template <TaskPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) const noexcept {
      TaskContext& context = parent.promise().context();
      require(frame_ != nullptr, context,
              "it awaits a task that is empty, moved from or awaited before");
      if constexpr (Promise::kIsOutermost) {
        context.set_first_name(frame_.promise().where().function_name());
      }
      frame_.promise().set_context(context);
      frame_.promise().set_continuation(parent);
      context.runner().run_next(frame_);
    }
    T await_resume() const { return frame_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> frame_;
  };

  // Only a task that is given up can be awaited.
  Awaiter operator co_await()&& noexcept { return Awaiter(std::exchange(frame_, nullptr)); }
  void operator co_await()& = delete;  // write co_await std::move(task)

 private:
  friend promise_type;  // makes the task from its frame
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  void drop(bool may_be_forgotten) noexcept {
    if (may_be_forgotten) require_not_forgotten(frame_.promise().where());
    const FrameTeardown teardown;
    std::exchange(frame_, nullptr).destroy();
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> BasicPromise<T>::get_return_object(std::source_location where) noexcept {
  set_where(where);
  return Task<T>(std::coroutine_handle<BasicPromise>::from_promise(*this));
}

inline Task<void> BasicPromise<void>::get_return_object(std::source_location where) noexcept {
  set_where(where);
  return Task<void>(std::coroutine_handle<BasicPromise>::from_promise(*this));
}

template <class T>
inline constexpr bool is_task_v = false;
template <class T>
inline constexpr bool is_task_v<Task<T>> = true;

// What a task leaves behind for the one who joins it: its value, or nothing in particular.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

}  // namespace rondo
