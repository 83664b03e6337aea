// SPDX-License-Identifier: MIT
// One at a time, across suspensions: for what must not be interleaved with itself.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// For the tasks of one loop. Code without an await needs none: nobody else runs meanwhile.
//
//   auto lock = co_await mutex.lock();      // false only after a stop
//
// Passes from one to the next in order of arrival. Resumes on the loop. A stop request ends the
// wait with Errc::canceled, unless the mutex had been passed on to it: then the lock is delivered.
// A frame that is destroyed passes it on. The mutex must outlive its waits and locks. Not
// recursive.
class Mutex final : private WaitQueue {
 public:
  Mutex() noexcept : WaitQueue(none_, "mutex") {}

  // Lets go at the end of its life. Empty when moved from or unlocked.
  class [[nodiscard]] Lock {
   public:
    Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Lock& operator=(Lock&& other) noexcept {
      Lock taken(std::move(other));
      std::swap(mutex_, taken.mutex_);
      return *this;
    }
    ~Lock() { unlock(); }

    bool holds() const noexcept { return mutex_ != nullptr; }
    void unlock() noexcept {
      if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->pass();
    }

   private:
    friend class Mutex;  // makes it, and takes it away while a condition is waited for
    explicit Lock(Mutex& mutex) noexcept : mutex_(&mutex) {}

    Mutex* mutex_;
  };

  class [[nodiscard]] Acquire final : public WaitQueue::Wait {
   public:
    explicit Acquire(Mutex& mutex) noexcept : WaitQueue::Wait(mutex), mutex_(mutex) {}
    Acquire(Acquire&&) noexcept = default;
    ~Acquire() {
      if (settle()) mutex_.pass();
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return begin(self.promise().context(), self, [this] { return mutex_.take(); });
    }
    Result<Lock> await_resume() noexcept {
      if (settle()) return Lock(mutex_);
      return Errc::canceled;
    }

   private:
    Mutex& mutex_;
  };
  Acquire lock() noexcept { return Acquire(*this); }

  // Without waiting: nothing when somebody has it.
  std::optional<Lock> try_lock() noexcept {
    if (!take()) return std::nullopt;
    return Lock(*this);
  }
  bool is_locked() const noexcept { return locked_; }

  // The rest is Condition's: a lock is without its mutex while its task waits. The wait is passed
  // on to the mutex, and when that has come, it is either given back to the lock or dropped.
  static Mutex& let_go(Lock& lock) noexcept {
    Mutex& mutex = *lock.mutex_;
    lock.unlock();
    return mutex;
  }
  void pass_on(WaitQueue::Wait& wait) noexcept {
    if (take()) {
      grant(wait);
    } else {
      WaitQueue::take(wait);
    }
  }
  void give_back(Lock& lock) noexcept { lock.mutex_ = this; }
  void drop() noexcept { pass(); }

 private:
  void pass() noexcept {
    if (Wait* next = oldest()) return grant(*next);
    locked_ = false;
  }
  bool take() noexcept { return !std::exchange(locked_, true); }

  [[no_unique_address]] NoMutex none_;
  bool locked_ = false;
};

}  // namespace rondo
