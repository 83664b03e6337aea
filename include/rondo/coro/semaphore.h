// SPDX-License-Identifier: MIT
// So many may do something at the same time.
#pragma once

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/shared_wait_queue.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// Permits, handed out in order of arrival: one who wants many is not overtaken by those who want
// few.
//
//   Semaphore lookups(8);                             // one loop; SharedSemaphore: any thread
//   auto permit = co_await lookups.acquire();         // gives it back at the end of its life
//   if (!permit) co_return permit.error();
//
// Resumes on the loop that it was awaited on. A stop request ends the wait with Errc::canceled,
// unless the permits had been given: then they are delivered. Those of a frame that is destroyed
// pass to others. The semaphore must outlive its waits and permits.
template <class Queue>
class BasicSemaphore final : private Queue {
 public:
  explicit BasicSemaphore(std::size_t permits) noexcept
      : Queue(mutex_, "semaphore"), free_(permits) {}

  // Permits that are given back when this goes; empty when moved from or detached. On the thread of
  // a loop of its semaphore.
  class [[nodiscard]] Permits {
   public:
    Permits(Permits&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)), count_(other.count_) {}
    Permits& operator=(Permits&& other) noexcept {
      Permits taken(std::move(other));
      std::swap(semaphore_, taken.semaphore_);
      std::swap(count_, taken.count_);
      return *this;
    }
    ~Permits() { release(); }

    void release() noexcept {
      if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->release(count_);
    }
    // Keeps them for good: whoever calls this calls BasicSemaphore::release, some time.
    std::size_t detach() noexcept {
      return std::exchange(semaphore_, nullptr) == nullptr ? 0 : count_;
    }

   private:
    friend class BasicSemaphore;  // hands them out
    Permits(BasicSemaphore& semaphore, std::size_t count) noexcept
        : semaphore_(&semaphore), count_(count) {}

    BasicSemaphore* semaphore_;
    std::size_t count_;
  };

  class [[nodiscard]] Acquire final : public Queue::Wait {
   public:
    Acquire(BasicSemaphore& semaphore, std::size_t count) noexcept
        : Queue::Wait(semaphore), semaphore_(semaphore), count_(count) {}
    Acquire(Acquire&&) noexcept = default;
    ~Acquire() {
      if (this->settle()) semaphore_.release(count_);
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return this->begin(self.promise().context(), self,
                         [this] { return semaphore_.take(count_); });
    }
    Result<Permits> await_resume() noexcept {
      if (this->settle()) return Permits(semaphore_, count_);
      return Errc::canceled;
    }

   private:
    friend class BasicSemaphore;  // asks how many

    BasicSemaphore& semaphore_;
    std::size_t count_;
  };
  // `count` of them at once. More than there are in all is waited for until others are released.
  Acquire acquire(std::size_t count = 1) noexcept { return Acquire(*this, count); }

  // Without waiting: nothing when there are too few, or others wait.
  std::optional<Permits> try_acquire(std::size_t count = 1) noexcept {
    const std::lock_guard lock(mutex_);
    if (!take(count)) return std::nullopt;
    return Permits(*this, count);
  }

  // Gives back what was detached, or adds new ones.
  void release(std::size_t count = 1) noexcept {
    const std::lock_guard lock(mutex_);
    free_ += count;
    left();
  }

  std::size_t available() const noexcept {
    const std::lock_guard lock(mutex_);
    return free_;
  }

 private:
  bool take(std::size_t count) noexcept {
    if (count > free_ || !this->empty()) return false;
    free_ -= count;
    return true;
  }
  void left() noexcept override {
    while (auto* wait = this->oldest()) {
      const std::size_t count = static_cast<Acquire*>(wait)->count_;
      if (count > free_) return;
      free_ -= count;
      this->grant(*wait);
    }
  }

  mutable typename Queue::Mutex mutex_;
  std::size_t free_;
};

using Semaphore = BasicSemaphore<WaitQueue>;
using SharedSemaphore = BasicSemaphore<SharedWaitQueue>;

}  // namespace rondo
