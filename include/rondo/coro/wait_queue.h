// SPDX-License-Identifier: MIT
// The queue under every primitive of one loop: who waits, in order of arrival.
//
//   begin --take() says yes--------------------------------> granted --settle--> goes on
//     |                                                          ^
//     +---no---> waiting (in the queue) ---grant, the oldest-----+   (in the ready queue)
//                   |
//                   +---stop---> stopped (in the ready queue) ---settle--> Errc::canceled
//
// A wait is granted by whoever made its turn come, not when it resumes: between the two nobody can
// overtake it, a stop comes too late, and a frame that is destroyed gives back what it was granted.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "rondo/base/list.h"
#include "rondo/base/ready.h"
#include "rondo/coro/task.h"

namespace rondo {

// What the primitives of one loop lock: nothing.
struct NoMutex {
  void lock() noexcept {}
  void unlock() noexcept {}
};

// First in, first out. Used by the tasks of one loop, on its thread. Allocates nothing: a waiter's
// node is in the frame that waits. It must outlive those that wait in it.
class WaitQueue {
 public:
  using Mutex = NoMutex;
  class Wait;

  // `what` says for people what is waited for: "mutex".
  WaitQueue(Mutex&, const char* what) noexcept : what_(what) {}
  // Only while nobody waits in it.
  WaitQueue(WaitQueue&& other) noexcept : what_(other.what_) { other.require_empty("moved"); }
  WaitQueue& operator=(WaitQueue&&) = delete;
  ~WaitQueue() { require_empty("destroyed"); }

  bool empty() const noexcept { return waiting_.empty(); }
  // nullptr when nobody waits.
  Wait* oldest() noexcept;
  // Its turn has come: it leaves the queue and will resume, in its loop's ready queue.
  void grant(Wait& wait) noexcept;
  // Puts one that waits elsewhere into this queue instead.
  void take(Wait& wait) noexcept;

 protected:
  // A waiter has left before its turn, so that those behind it may be able to go on.
  virtual void left() noexcept {}

 private:
  void require_empty(const char* fate) noexcept;

  List<Wait> waiting_;
  const char* what_;
};

// One wait, the base of what is awaited. Its primitive tells it in `begin` whether there is
// anything to wait for, and asks in await_resume and in the destructor how it ended (`settle`).
class WaitQueue::Wait : public ReadyNode {
 public:
  explicit Wait(WaitQueue& queue) noexcept : queue_(&queue) {}
  // Only before it has begun: so that it can be passed on to with_timeout or when_any.
  Wait(Wait&& other) noexcept : queue_(other.queue_) {
    require(other.state_ == State::kIdle, "a wait was moved after it had begun");
  }
  Wait& operator=(Wait&&) = delete;
  ~Wait() { settle(); }

  bool await_ready() const noexcept { return false; }

  // Waits unless `take()` gets at once what is wanted. True: it waits.
  template <class Take>
  bool enlist(TaskContext& task, Take&& take) noexcept {
    require(state_ == State::kIdle, task, "something was awaited that is being awaited already");
    task_ = &task;
    if (take()) {
      state_ = State::kGranted;
      return false;
    }
    queue_->take(*this);
    return true;
  }

  // Out of the queue, if it waits there; false when it was granted before.
  bool withdraw() noexcept {
    if (state_ != State::kWaiting) return state_ != State::kGranted;
    unlink();
    state_ = State::kStopped;
    queue_->left();
    return true;
  }

  // The end of it, wherever it is. True when it was granted, once: the caller has it now.
  bool settle() noexcept {
    const bool granted = !withdraw();
    state_ = State::kIdle;
    unlink();
    return granted;
  }

 protected:
  // All of await_suspend. What is there at once is taken without suspending, so long as the
  // coroutine does not keep the thread that way.
  template <class Take>
  bool begin(TaskContext& task, std::coroutine_handle<> self, Take&& take) noexcept {
    if (task.stop_requested()) {
      require(state_ == State::kIdle, task, "something was awaited that is being awaited already");
      return false;
    }
    if (enlist(task, std::forward<Take>(take))) {
      task.suspend(*this, self);
      return true;
    }
    if (task.runner().may_complete_inline()) return false;
    task.yield(self);
    return true;
  }

  TaskContext& task() const noexcept { return *task_; }
  // To its loop's ready queue, with whatever its state is.
  void wake() noexcept {
    require(task_->runner().is_here(), *task_,
            "it was woken by another thread; there is a Shared form of what it waits for");
    task_->runner().ready().push_back(*this);
  }

  void run() noexcept override { task_->resume(); }
  void stop() noexcept override {
    if (state_ != State::kWaiting) return;
    withdraw();
    wake();
  }
  const char* what() const noexcept override { return queue_->what_; }

 private:
  friend class WaitQueue;  // links it and says that its turn has come
  enum class State : std::uint8_t { kIdle, kWaiting, kGranted, kStopped };

  WaitQueue* queue_;
  TaskContext* task_ = nullptr;
  State state_ = State::kIdle;
};

inline WaitQueue::Wait* WaitQueue::oldest() noexcept {
  return waiting_.empty() ? nullptr : &waiting_.front();
}

inline void WaitQueue::grant(Wait& wait) noexcept {
  wait.unlink();
  wait.state_ = Wait::State::kGranted;
  wait.wake();
}

inline void WaitQueue::take(Wait& wait) noexcept {
  require(waiting_.empty() || &waiting_.front().task().runner() == &wait.task().runner(),
          wait.task(), "it waits where a task of another loop waits; there is a Shared form");
  wait.unlink();
  wait.queue_ = this;
  wait.state_ = Wait::State::kWaiting;
  waiting_.push_back(wait);
}

inline void WaitQueue::require_empty(const char* fate) noexcept {
  if (waiting_.empty()) return;
  panic_about(waiting_.front().task(), what_, fate);
}

}  // namespace rondo
