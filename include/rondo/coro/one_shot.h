// SPDX-License-Identifier: MIT
// A value that one task gives and another waits for, once.
#pragma once

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// For tasks of one loop.
//
//   OneShot<Endpoint> bound;
//   scope.spawn(serve, bound.sender());
//   auto where = co_await bound.take();
//
// Either end may go first: without its sender the one who waits hears Errc::closed, and without the
// OneShot a value goes nowhere. Resumes on the loop. A stop request ends the wait with
// Errc::canceled, unless there was a value or the end; the value stays for the next take(). So it
// does when the frame that waits is destroyed.
template <class T = void>
class OneShot {
  static_assert(!std::is_same_v<T, Error>, "OneShot: an Error as the value; give a Result instead");

 public:
  OneShot() noexcept : waiting_(none_, "one-shot value") {}
  // Only while nobody waits.
  OneShot(OneShot&& other) noexcept
      : waiting_(std::move(other.waiting_)),
        value_(std::move(other.value_)),
        sender_(std::exchange(other.sender_, nullptr)),
        over_(other.over_) {
    if (sender_ != nullptr) sender_->target_ = this;
  }
  OneShot& operator=(OneShot&&) = delete;
  ~OneShot() {
    if (sender_ != nullptr) sender_->target_ = nullptr;
  }

  // The giver's end. Movable; its end closes the OneShot if nothing was set.
  class [[nodiscard]] Sender {
   public:
    Sender(Sender&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {
      if (target_ != nullptr) target_->sender_ = this;
    }
    Sender& operator=(Sender&&) = delete;
    ~Sender() {
      if (target_ != nullptr) target_->close();
    }

    // Once. False when nobody wants it any more.
    template <class... U>
    bool set(U&&... value) {
      return target_ != nullptr && target_->set(std::forward<U>(value)...);
    }
    bool is_wanted() const noexcept { return target_ != nullptr; }

   private:
    friend class OneShot;  // the two know where the other one is
    explicit Sender(OneShot& target) noexcept : target_(&target) {}

    OneShot* target_;
  };

  // At most one at a time.
  Sender sender() noexcept {
    require(sender_ == nullptr && !over_, "a one-shot value has one sender, before it is set");
    Sender made(*this);
    sender_ = &made;
    return made;
  }

  // What the sender does, without one. False when it was set or closed before.
  template <class... U>
  bool set(U&&... value) {
    if (over_) return false;
    value_.emplace(std::forward<U>(value)...);
    end();
    return true;
  }
  void close() noexcept {
    if (!over_) end();
  }
  // A value has come, or none will.
  bool is_over() const noexcept { return over_; }

  // Gives the value: a Result of T. Taken once; then, and when there is none: Errc::closed.
  class [[nodiscard]] Take : public WaitQueue::Wait {
   public:
    explicit Take(OneShot& one_shot) noexcept
        : WaitQueue::Wait(one_shot.waiting_), one_shot_(one_shot) {}

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      TaskContext& task = self.promise().context();
      require(one_shot_.waiting_.empty(), task, "two tasks wait for a one-shot value");
      return begin(task, self, [this] { return one_shot_.over_; });
    }
    Result<T> await_resume() noexcept {
      if (!settle()) return Errc::canceled;
      if (!one_shot_.value_) return Errc::closed;
      if constexpr (std::is_void_v<T>) {
        return {};
      } else {
        Result<T> taken(std::move(*one_shot_.value_));
        one_shot_.value_.reset();
        return taken;
      }
    }

   private:
    OneShot& one_shot_;
  };
  Take take() noexcept { return Take(*this); }

 private:
  void end() noexcept {
    over_ = true;
    if (sender_ != nullptr) std::exchange(sender_, nullptr)->target_ = nullptr;
    if (WaitQueue::Wait* taker = waiting_.oldest()) waiting_.grant(*taker);
  }

  [[no_unique_address]] NoMutex none_;
  WaitQueue waiting_;
  std::optional<Stored<T>> value_;
  Sender* sender_ = nullptr;
  bool over_ = false;
};

}  // namespace rondo
