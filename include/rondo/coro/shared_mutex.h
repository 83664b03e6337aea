// SPDX-License-Identifier: MIT
// Many who read, or one who writes.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// For the tasks of one loop. In order of arrival: readers who come after a writer wait behind it,
// so neither kind starves the other.
//
//   auto reading = co_await mutex.lock_shared();
//   auto writing = co_await mutex.lock();
//
// Resumes on the loop. A stop request ends the wait with Errc::canceled, unless the lock had been
// given: then it is delivered. A frame that is destroyed passes it on. The mutex must outlive its
// waits and locks. Nobody may want to write while reading: they would wait for themselves.
class SharedMutex final : private WaitQueue {
 public:
  enum class Access : std::uint8_t { kShared, kExclusive };

  SharedMutex() noexcept : WaitQueue(none_, "shared mutex") {}

  // Lets go at the end of its life. Empty when moved from or unlocked.
  class [[nodiscard]] Lock {
   public:
    Lock(Lock&& other) noexcept
        : mutex_(std::exchange(other.mutex_, nullptr)), access_(other.access_) {}
    Lock& operator=(Lock&& other) noexcept {
      Lock taken(std::move(other));
      std::swap(mutex_, taken.mutex_);
      std::swap(access_, taken.access_);
      return *this;
    }
    ~Lock() { unlock(); }

    bool holds() const noexcept { return mutex_ != nullptr; }
    void unlock() noexcept {
      if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->release(access_);
    }

   private:
    friend class SharedMutex;  // makes it
    Lock(SharedMutex& mutex, Access access) noexcept : mutex_(&mutex), access_(access) {}

    SharedMutex* mutex_;
    Access access_;
  };

  class [[nodiscard]] Acquire final : public WaitQueue::Wait {
   public:
    Acquire(SharedMutex& mutex, Access access) noexcept
        : WaitQueue::Wait(mutex), mutex_(mutex), access_(access) {}
    Acquire(Acquire&&) noexcept = default;
    ~Acquire() {
      if (settle()) mutex_.release(access_);
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return begin(self.promise().context(), self,
                   [this] { return mutex_.empty() && mutex_.take(access_); });
    }
    Result<Lock> await_resume() noexcept {
      if (settle()) return Lock(mutex_, access_);
      return Errc::canceled;
    }

   private:
    friend class SharedMutex;  // asks what it wants

    SharedMutex& mutex_;
    Access access_;
  };
  Acquire lock() noexcept { return Acquire(*this, Access::kExclusive); }
  Acquire lock_shared() noexcept { return Acquire(*this, Access::kShared); }

 private:
  bool take(Access access) noexcept {
    if (written_ || (access == Access::kExclusive && readers_ != 0)) return false;
    if (access == Access::kShared) {
      ++readers_;
    } else {
      written_ = true;
    }
    return true;
  }
  void release(Access access) noexcept {
    if (access == Access::kShared) {
      --readers_;
    } else {
      written_ = false;
    }
    left();
  }
  void left() noexcept override {
    while (Wait* wait = oldest()) {
      if (!take(static_cast<Acquire*>(wait)->access_)) return;
      grant(*wait);
    }
  }

  [[no_unique_address]] NoMutex none_;
  std::size_t readers_ = 0;
  bool written_ = false;
};

}  // namespace rondo
