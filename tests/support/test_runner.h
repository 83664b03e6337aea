// SPDX-License-Identifier: MIT
// Coroutines without a loop: a runner that is turned by hand, and things to wait for.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "rondo/base/mpsc.h"
#include "rondo/base/result.h"
#include "rondo/base/runner.h"
#include "rondo/coro/scope.h"

namespace rondo {

class TestRunner final : public Runner {
 public:
  bool post(Mail& mail) noexcept override {
    return inbox_.push(mail) != MpscStack<Mail>::Consumer::kClosed;
  }

  // Runs what is ready or posted, and what becomes so, at most `limit` nodes; returns how many.
  // Mail is delivered piece by piece, as from a mailbox with a bound of one.
  std::size_t run_ready(std::size_t limit = std::numeric_limits<std::size_t>::max()) {
    std::size_t count = 0;
    for (;;) {
      if (mail_ == nullptr) mail_ = inbox_.take_all();
      if (mail_ != nullptr) ready().push_back(*std::exchange(mail_, mail_->next_mail));
      const std::size_t ran = run(limit - count, [] { return true; });
      if (ran == 0) return count;
      count += ran;
    }
  }

  void refuse_mail() { inbox_.close(); }

  // Runs the Task that `function` gives to its end; its value, or its exception. Ends the process
  // if it waits for something that nobody here does.
  template <class Function>
  auto complete(Function function) {
    using T = typename std::invoke_result_t<Function&>::value_type;
    std::optional<Stored<T>> result;
    std::exception_ptr failure;
    Scope scope(*this);
    scope.on_failure(
        [](void* where, std::exception_ptr what) {
          *static_cast<std::exception_ptr*>(where) = std::move(what);
        },
        &failure);
    scope.add(job_into<T>(&result, function()));
    run_ready();
    if (failure) std::rethrow_exception(failure);
    require(result.has_value(), "the task of a test waits for ever");
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

 private:
  MpscStack<Mail> inbox_;
  Mail* mail_ = nullptr;  // taken and not delivered
};

// Closed until it is opened by hand. `Result<void> passed = co_await gate.wait();`: false when the
// task was stopped meanwhile.
class Gate {
 public:
  class Wait final : public ReadyNode {
   public:
    explicit Wait(Gate& gate) noexcept : gate_(gate) {}

    bool await_ready() const noexcept { return gate_.open_; }
    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      context_ = &self.promise().context();
      if (context_->stop_requested()) {
        stopped_ = true;
        return false;
      }
      gate_.waiting_.push_back(*this);
      context_->suspend(*this, self);
      return true;
    }
    Result<void> await_resume() const noexcept {
      return stopped_ ? Result<void>(Errc::canceled) : Result<void>();
    }

    void run() noexcept override { context_->resume(); }
    void stop() noexcept override {
      if (stopped_ || gate_.open_) return;
      stopped_ = true;
      unlink();
      context_->runner().ready().push_back(*this);
    }
    const char* what() const noexcept override { return "gate"; }

   private:
    Gate& gate_;
    TaskContext* context_ = nullptr;
    bool stopped_ = false;
  };

  Wait wait() noexcept { return Wait(*this); }

  // Lets everybody pass who waits on `runner`, and who comes later.
  void open(Runner& runner) noexcept {
    open_ = true;
    runner.ready().take(waiting_);
  }
  bool has_waiters() const noexcept { return !waiting_.empty(); }

 private:
  ReadyQueue waiting_;
  bool open_ = false;
};

// `bool moved = co_await hop_to(runner);` goes on there.
class Hop {
 public:
  explicit Hop(Runner& target) noexcept : target_(target) {}

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  void await_suspend(std::coroutine_handle<Promise> self) noexcept {
    TaskContext& context = self.promise().context();
    moved_ = true;  // before the move: afterwards this may be running elsewhere
    if (!context.move_to(target_, self)) moved_ = false;
  }
  bool await_resume() const noexcept { return moved_; }

 private:
  Runner& target_;
  bool moved_ = false;
};
inline Hop hop_to(Runner& target) noexcept { return Hop(target); }

// Counts how many of it are alive; moved-from ones count too.
class Alive {
 public:
  explicit Alive(int& count) noexcept : count_(&count) { ++count; }
  Alive(const Alive& other) noexcept : count_(other.count_) { ++*count_; }
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --*count_; }

 private:
  int* count_;
};

}  // namespace rondo
