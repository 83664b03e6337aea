// SPDX-License-Identifier: MIT
// Every value to every subscriber.
#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "rondo/base/result.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// What becomes of a subscriber that is further behind than the buffer is long.
enum class Drop : std::uint8_t {
  kOldest,      // it goes on with the oldest value there is; Subscription::missed() counts
  kSubscriber,  // its subscription ends with ENOBUFS
};

// For the tasks of one loop. The last `capacity` values are kept, once for all subscribers, so one
// who publishes never waits and slow subscribers cost no memory.
//
//   Broadcast<Snapshot> world(64, Drop::kOldest);
//   Broadcast<Snapshot>::Subscription view(world);     // sees what is published from now on
//   while (auto snapshot = co_await view.next()) ...   // a copy
//
// Resumes on the loop, in order of arrival. A stop request ends a wait with Errc::canceled, unless
// there was a value; nothing is lost by it, nor when the frame that waits is destroyed. After
// close() a subscriber gets what is left for it and then Errc::end_of_stream. The buffer is
// allocated with the Broadcast and nothing afterwards. It must outlive its subscriptions.
//
// Subscribers run when the publisher waits. One that publishes more than `capacity` values before
// it does (to await what is there already is not to wait; co_await yield() is) leaves all behind.
template <std::copyable T>
class Broadcast {
 public:
  Broadcast(std::size_t capacity, Drop drop)
      : drop_(drop), values_(capacity), waiting_(none_, "broadcast") {
    require(capacity != 0, "a broadcast needs room for one value at least");
  }
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // False once it is closed.
  bool publish(T value) {
    if (closed_) return false;
    values_[published_ % values_.size()] = std::move(value);
    ++published_;
    wake_all();
    return true;
  }
  void close() noexcept {
    closed_ = true;
    wake_all();
  }
  bool is_closed() const noexcept { return closed_; }

  class Subscription {
   public:
    explicit Subscription(Broadcast& source) noexcept
        : source_(&source), next_(source.published_) {}

    class [[nodiscard]] Next final : public WaitQueue::Wait {
     public:
      explicit Next(Subscription& subscription) noexcept
          : WaitQueue::Wait(subscription.source_->waiting_), subscription_(subscription) {}

      template <TaskPromise Promise>
      bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
        return begin(self.promise().context(), self,
                     [this] { return subscription_.has_something(); });
      }
      Result<T> await_resume() {
        if (!settle()) return Errc::canceled;
        return subscription_.take();
      }

     private:
      Subscription& subscription_;
    };
    Next next() noexcept { return Next(*this); }

    // How many values were overwritten before it came to them.
    std::uint64_t missed() const noexcept { return missed_; }

   private:
    bool has_something() const noexcept { return next_ != source_->published_ || source_->closed_; }
    Result<T> take() {
      const std::size_t kept = source_->values_.size();
      const std::uint64_t behind = source_->published_ - next_;
      if (dropped_ || (behind > kept && source_->drop_ == Drop::kSubscriber)) {
        dropped_ = true;
        return Error::from_errno(ENOBUFS);
      }
      if (behind == 0) return Errc::end_of_stream;
      if (behind > kept) {
        missed_ += behind - kept;
        next_ = source_->published_ - kept;
      }
      return copy_next();
    }
    // Goes on only when the copy is where it belongs: one that throws takes nothing.
    Result<T> copy_next() {
      Result<T> copy(std::as_const(*source_->values_[next_ % source_->values_.size()]));
      ++next_;
      return copy;
    }

    Broadcast* source_;
    std::uint64_t next_;  // the number of the value that it gets next
    std::uint64_t missed_ = 0;
    bool dropped_ = false;
  };

 private:
  void wake_all() noexcept {
    while (WaitQueue::Wait* oldest = waiting_.oldest()) waiting_.grant(*oldest);
  }

  [[no_unique_address]] NoMutex none_;
  const Drop drop_;
  std::vector<std::optional<T>> values_;  // number n is at n % size
  std::uint64_t published_ = 0;
  WaitQueue waiting_;
  bool closed_ = false;
};

}  // namespace rondo
