// SPDX-License-Identifier: MIT
// Waiting until somebody says that things have changed.
#pragma once

#include <coroutine>

#include "rondo/base/result.h"
#include "rondo/coro/mutex.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// For the tasks of one loop. What is waited for is looked at again in a loop, since others may have
// run between the notification and the resumption:
//
//   while (jobs.empty()) {
//     auto changed = co_await condition.wait();
//     if (!changed) co_return changed.error();
//   }
//
// No mutex is needed for that, because nobody runs between the look and the wait. wait(lock) is for
// what stays locked over other awaits: it lets the mutex go while it waits.
//
// Resumes on the loop, in order of arrival. A stop request ends the wait with Errc::canceled,
// unless it had been notified. A notification of a frame that is destroyed passes to the next. The
// condition must outlive its waits.
class Condition {
 public:
  Condition() noexcept : waiting_(none_, "condition") {}

  void notify_one() noexcept {
    if (WaitQueue::Wait* oldest = waiting_.oldest()) static_cast<Waiter*>(oldest)->notify();
  }
  // Those who wait now; not who waits again meanwhile.
  void notify_all() noexcept {
    while (!waiting_.empty()) notify_one();
  }

 private:
  class Waiter : public WaitQueue::Wait {
   public:
    explicit Waiter(Condition& condition) noexcept
        : WaitQueue::Wait(condition.waiting_), condition_(condition) {}
    Waiter(Waiter&&) noexcept = default;
    virtual void notify() noexcept { condition_.waiting_.grant(*this); }

   protected:
    ~Waiter() = default;
    Condition& condition_;
  };

 public:
  class [[nodiscard]] Wait final : public Waiter {
   public:
    using Waiter::Waiter;
    Wait(Wait&&) noexcept = default;
    ~Wait() {
      if (settle()) condition_.notify_one();
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return begin(self.promise().context(), self, [] { return false; });
    }
    Result<void> await_resume() noexcept {
      if (settle()) return {};
      return Errc::canceled;
    }
  };
  Wait wait() noexcept { return Wait(*this); }

  // The lock holds its mutex again when this has ended, however it has ended: a stop request ends
  // the wait for the notification, and the mutex is still waited for.
  class [[nodiscard]] WaitUnlocked final : public Waiter {
   public:
    WaitUnlocked(Condition& condition, Mutex::Lock& lock) noexcept
        : Waiter(condition), lock_(lock) {}
    WaitUnlocked(WaitUnlocked&&) noexcept = default;
    ~WaitUnlocked() {
      if (settle()) mutex_->drop();
      if (notified_) condition_.notify_one();
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      TaskContext& task = self.promise().context();
      require(lock_.holds(), task, "it waits for a condition with a lock that holds nothing");
      stopped_ = task.stop_requested();
      if (stopped_) return false;
      begin(task, self, [] { return false; });
      mutex_ = &Mutex::let_go(lock_);
      return true;
    }
    Result<void> await_resume() noexcept {
      notified_ = false;
      if (settle()) mutex_->give_back(lock_);
      if (stopped_) return Errc::canceled;
      return {};
    }

   private:
    // From here on it is the mutex that it waits for, and no stop changes that.
    void notify() noexcept override {
      notified_ = true;
      mutex_->pass_on(*this);
    }
    void stop() noexcept override {
      if (notified_ || stopped_) return;
      stopped_ = true;
      mutex_->pass_on(*this);
    }

    Mutex::Lock& lock_;
    Mutex* mutex_ = nullptr;
    bool notified_ = false;
    bool stopped_ = false;
  };
  WaitUnlocked wait(Mutex::Lock& lock) noexcept { return WaitUnlocked(*this, lock); }

 private:
  [[no_unique_address]] NoMutex none_;
  WaitQueue waiting_;
};

}  // namespace rondo
