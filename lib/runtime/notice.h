// SPDX-License-Identifier: MIT
// Something that a task waits for, on one loop.
#pragma once

#include <coroutine>
#include <utility>

#include "rondo/base/ready.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"

namespace rondo {

// notify() lets the waiting task go on, or else the next one that waits; several notify() before a
// wait count once. One waiter at a time. Everything on one loop's thread, which is the one that the
// waiting task is on.
class Notice {
 public:
  // `what` says for people what is waited for: "a request to stop".
  explicit Notice(const char* what) noexcept : what_(what) {}
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

  void notify() noexcept {
    given_ = true;
    if (waiter_ != nullptr) waiter_->become_ready();
  }

  // `co_await notice.wait()`: a stop ends it with Errc::canceled.
  class Wait final : private ReadyNode {
   public:
    explicit Wait(Notice& notice) noexcept : notice_(notice) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
      if (notice_.waiter_ == this) notice_.waiter_ = nullptr;
    }

    bool await_ready() const noexcept { return notice_.given_; }
    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      context_ = &self.promise().context();
      if (context_->stop_requested()) return false;
      require(notice_.waiter_ == nullptr, *context_, "two tasks wait for one notice");
      notice_.waiter_ = this;
      context_->suspend(*this, self);
      return true;
    }
    Result<void> await_resume() noexcept {
      if (std::exchange(notice_.given_, false)) return {};
      return Errc::canceled;
    }

   private:
    friend class Notice;  // makes it ready
    void become_ready() noexcept {
      notice_.waiter_ = nullptr;
      context_->runner().ready().push_back(*this);
    }
    void run() noexcept override { context_->resume(); }
    void stop() noexcept override {
      if (notice_.waiter_ == this) become_ready();
    }
    const char* what() const noexcept override { return notice_.what_; }

    Notice& notice_;
    TaskContext* context_ = nullptr;
  };
  Wait wait() noexcept { return Wait(*this); }

 private:
  const char* what_;
  Wait* waiter_ = nullptr;
  bool given_ = false;
};

}  // namespace rondo
