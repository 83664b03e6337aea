// SPDX-License-Identifier: MIT
// Job: the outermost coroutine of a task. It holds the context, the callable and the arguments.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <utility>

#include "rondo/coro/task.h"

namespace rondo {

// Made suspended; `start` hands its frame to the joiner. A Job that is never started destroys
// its frame.
class [[nodiscard]] Job {
 public:
  class promise_type final : public PromiseBase {
   public:
    // Tells the joiner, on the job's home loop; the joiner destroys the frame.
    struct FinalAwaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
        promise_type& promise = self.promise();
        promise.own_context_.end(std::move(promise.failure_));
      }
      void await_resume() const noexcept {}
    };

    static constexpr bool kIsOutermost = true;

    promise_type() noexcept { set_context(own_context_); }

    Job get_return_object() noexcept {
      return Job(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept {
#if defined(__cpp_exceptions)
      failure_ = std::current_exception();
#else
      panic("an exception reached a task of a library built without exceptions");
#endif
    }

   private:
    TaskContext own_context_;
    std::exception_ptr failure_;
  };

  Job(Job&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Job& operator=(Job&&) = delete;
  ~Job() {
    if (!frame_) return;
    const FrameTeardown teardown;
    frame_.destroy();
  }

  TaskContext& context() const noexcept { return frame_.promise().context(); }

  // Gives the frame to `joiner`; the context may then be started, on `home`'s thread.
  TaskContext& hand_over(Runner& home, Joiner& joiner) noexcept {
    TaskContext& context = frame_.promise().context();
    context.adopt(home, joiner, std::exchange(frame_, nullptr));
    return context;
  }

 private:
  explicit Job(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

// Calls `function` with the arguments and awaits the Task that it returns; both live in the frame
// until that task has ended, so a lambda's captures and by-value arguments cannot dangle.
template <class Function, class... Arguments>
Job make_job(Function function, Arguments... arguments) {
  auto task = std::invoke(function, std::move(arguments)...);
  co_await std::move(task);
}

}  // namespace rondo
