// SPDX-License-Identifier: MIT
// A flag that tasks wait for.
#pragma once

#include <coroutine>
#include <mutex>

#include "rondo/base/result.h"
#include "rondo/coro/shared_wait_queue.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// Not set at first; once set, it stays so until it is reset by hand, and everybody passes.
//
//   Event ready;                     // one loop; SharedEvent: any thread
//   auto passed = co_await ready.wait();
//
// Resumes on the loop that it was awaited on, in order of arrival. A stop request ends the wait
// with Errc::canceled, unless the event was set before. The frame that waits may be destroyed. The
// event must outlive its waits.
template <class Queue>
class BasicEvent {
 public:
  BasicEvent() noexcept : waiting_(mutex_, "event") {}

  // Lets everybody pass who waits, also if it is reset before they run. Idempotent.
  void set() noexcept {
    const std::lock_guard lock(mutex_);
    set_ = true;
    while (auto* oldest = waiting_.oldest()) waiting_.grant(*oldest);
  }
  void reset() noexcept {
    const std::lock_guard lock(mutex_);
    set_ = false;
  }
  bool is_set() const noexcept {
    const std::lock_guard lock(mutex_);
    return set_;
  }

  class [[nodiscard]] Wait final : public Queue::Wait {
   public:
    explicit Wait(BasicEvent& event) noexcept : Queue::Wait(event.waiting_), event_(event) {}

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return this->begin(self.promise().context(), self, [this] { return event_.set_; });
    }
    Result<void> await_resume() noexcept {
      if (this->settle()) return {};
      return Errc::canceled;
    }

   private:
    BasicEvent& event_;
  };
  Wait wait() noexcept { return Wait(*this); }

 private:
  mutable typename Queue::Mutex mutex_;
  Queue waiting_;
  bool set_ = false;
};

using Event = BasicEvent<WaitQueue>;
using SharedEvent = BasicEvent<SharedWaitQueue>;

}  // namespace rondo
