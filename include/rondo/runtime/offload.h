// SPDX-License-Identifier: MIT
// Running a call on a worker pool while the coroutine waits on its loop.
#pragma once

#include <cerrno>
#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "rondo/base/result.h"
#include "rondo/coro/frame_pool.h"
#include "rondo/coro/scope.h"
#include "rondo/coro/task.h"
#include "rondo/runtime/worker_pool.h"

namespace rondo {

template <class T>
using OffloadResult = std::conditional_t<is_result_v<T>, T, Result<T>>;

// A call with its outcome; apart from the frame that waits for it, because that may be destroyed
// while the job is in a loop's mailbox.
template <class Function>
class OffloadJob final : public PoolJob {
  using T = std::invoke_result_t<Function&>;
  static_assert(!std::is_reference_v<T>,
                "offload: the function returns a reference; return a "
                "value, or a pointer to what outlives the call");

 public:
  explicit OffloadJob(Function function) : function_(std::move(function)) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  void work() noexcept override {
#if defined(__cpp_exceptions)
    try {
      call();
    } catch (...) {
      failure_ = std::current_exception();
    }
#else
    call();
#endif
  }

  void run() noexcept override {
    if (waiter_ != nullptr) return waiter_->resume();
    delete this;
  }
  const char* what() const noexcept override { return "offload"; }

  void set_waiter(TaskContext* waiter) noexcept { waiter_ = waiter; }

  OffloadResult<T> take() {
#if defined(__cpp_exceptions)
    if (failure_) std::rethrow_exception(std::move(failure_));
#endif
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return std::move(*value_);
    }
  }

 private:
  void call() {
    if constexpr (std::is_void_v<T>) {
      function_();
      value_.emplace();
    } else {
      value_.emplace(function_());
    }
  }

  Function function_;
  std::optional<Stored<T>> value_;
  std::exception_ptr failure_;
  TaskContext* waiter_ = nullptr;  // the loop's; nullptr: nobody waits any more
};

// `auto sum = co_await offload(pool, [&] { return add_up(numbers); });` Calls the function on a
// thread of the pool and resumes on the loop that it was awaited on, with its result: a Result of
// what it returns, or the Result that it returns, or the exception that left it. What it refers to
// lives until then, the frame included: a frame that is destroyed meanwhile waits for a call that
// has begun. So does a stop; before the call begins a stop withdraws it and gives Errc::canceled.
// EAGAIN when the pool's queue is full. `pool` outlives the loop. A lambda that captures by value
// is named first and moved in: g++ 12 destroys twice what is made inside an await.
template <class Function>
class [[nodiscard]] Offload final : private ReadyNode {
  using Call = OffloadJob<Function>;
  using T = std::invoke_result_t<Function&>;

 public:
  Offload(WorkerPool& pool, Function function) : pool_(pool), job_(new Call(std::move(function))) {}
  Offload(Offload&& other) noexcept : pool_(other.pool_), job_(std::exchange(other.job_, nullptr)) {
    require(other.context_ == nullptr, "an offload was moved after it had begun");
  }
  ~Offload() {
    if (job_ == nullptr) return;
    job_->set_waiter(nullptr);
    // In the mailbox of a loop it stays until it arrives there, and deletes itself.
    const bool in_the_mail =
        submitted_ && !resumed_ && !pool_.withdraw(*job_) && pool_.wait_for(*job_);
    if (!in_the_mail) delete job_;
  }

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    TaskContext& context = self.promise().context();
    require(context_ == nullptr && job_ != nullptr, context,
            "an offload was awaited that is empty or has been awaited before");
    context_ = &context;
    if (context.stop_requested()) {
      error_ = Errc::canceled;
      return false;
    }
    job_->home = &context.runner();
    job_->set_waiter(&context);
    submitted_ = pool_.submit(*job_);
    if (!submitted_) {
      error_ = Error::from_errno(EAGAIN);
      return false;
    }
    context.suspend(*this, self);  // it comes back by mail to this thread, so not before this
    return true;
  }
  OffloadResult<T> await_resume() {
    resumed_ = submitted_;
    if (error_) return error_;
    return job_->take();
  }

 private:
  void run() noexcept override { context_->resume(); }
  void stop() noexcept override {
    if (error_ || !pool_.withdraw(*job_)) return;
    submitted_ = false;
    error_ = Errc::canceled;
    context_->runner().ready().push_back(*this);
  }
  const char* what() const noexcept override { return "offload"; }

  WorkerPool& pool_;
  Call* job_;
  TaskContext* context_ = nullptr;
  Error error_;
  bool submitted_ = false;
  bool resumed_ = false;
};

template <class Function>
requires std::invocable < std::decay_t<Function>
& > Offload<std::decay_t<Function>> offload(WorkerPool& pool, Function&& function) {
  return Offload<std::decay_t<Function>>(pool, std::forward<Function>(function));
}

}  // namespace rondo
