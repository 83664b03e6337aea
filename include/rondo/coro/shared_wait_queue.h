// SPDX-License-Identifier: MIT
// The queue under primitives that several loops share. The same interface as WaitQueue, so that a
// primitive is written once.
//
// Invariants
// - The mutex is the primitive's. Under it are the primitive's own fields, the queue, and of each
//   wait its place in the queue and its state. It is held for a few instructions, never while a
//   coroutine runs; the longest is the eventfd write of a post to a loop that sleeps.
// - A wait that is granted travels to its loop by mail, posted under the mutex. Whoever destroys
// the
//   frame takes the mutex too: either the wait is still in the queue, or the post is over. So
//   nobody posts to a loop that has gone.
// - Mail on its way cannot be called back. So the node is not in the frame that waits: it comes
// from
//   the frame pool of its thread, and one whose frame has gone frees itself when it arrives.
// - Everything but grant() happens on the thread of the loop that waits.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "rondo/base/list.h"
#include "rondo/base/mail.h"
#include "rondo/coro/frame_pool.h"
#include "rondo/coro/task.h"

namespace rondo {

// First in, first out. Must outlive those that wait in it: until they have resumed, not only until
// they were granted.
class SharedWaitQueue {
 public:
  using Mutex = std::mutex;
  class Wait;

  // `what` says for people what is waited for: "event".
  SharedWaitQueue(Mutex& mutex, const char* what) noexcept : mutex_(mutex), what_(what) {}
  SharedWaitQueue(const SharedWaitQueue&) = delete;
  SharedWaitQueue& operator=(const SharedWaitQueue&) = delete;
  ~SharedWaitQueue();

  // All three with the mutex held, from any thread.
  bool empty() const noexcept { return waiting_.empty(); }
  Wait* oldest() noexcept;
  void grant(Wait& wait) noexcept;

 protected:
  // A waiter has left before its turn; called with the mutex held.
  virtual void left() noexcept {}

 private:
  class Node;

  Mutex& mutex_;
  List<Node> waiting_;
  const char* what_;
};

class SharedWaitQueue::Node final : public Mail {
 public:
  enum class State : std::uint8_t { kWaiting, kGranted, kStopped };

  Node(SharedWaitQueue& queue_, Wait& wait_, TaskContext& task_) noexcept
      : queue(queue_), wait(&wait_), task(task_) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  // Its mail has arrived, or it was stopped.
  void run() noexcept override {
    if (wait == nullptr) {
      delete this;
      return;
    }
    has_run = true;
    task.resume();
  }
  void stop() noexcept override;
  const char* what() const noexcept override { return queue.what_; }
  // Out of the queue if it waits there; with the mutex held.
  bool withdraw() noexcept {
    if (state != State::kWaiting) return state != State::kGranted;
    unlink();
    state = State::kStopped;
    queue.left();
    return true;
  }

  SharedWaitQueue& queue;
  Wait* wait;  // nullptr: its frame has gone
  TaskContext& task;
  State state = State::kWaiting;
  bool has_run = false;
};

// One wait; see WaitQueue::Wait for what the calls mean.
class SharedWaitQueue::Wait {
 public:
  explicit Wait(SharedWaitQueue& queue) noexcept : queue_(queue) {}
  Wait(Wait&& other) noexcept : queue_(other.queue_) {
    require(other.node_ == nullptr && !other.granted_, "a wait was moved after it had begun");
  }
  Wait& operator=(Wait&&) = delete;
  ~Wait() { settle(); }

  bool await_ready() const noexcept { return false; }

  template <class Take>
  bool enlist(TaskContext& task, Take&& take) noexcept {
    require(node_ == nullptr && !granted_, task,
            "something was awaited that is being awaited already");
    const std::lock_guard lock(queue_.mutex_);
    granted_ = take();
    if (granted_) return false;
    node_ = new Node(queue_, *this, task);
    queue_.waiting_.push_back(*node_);
    return true;
  }

  bool withdraw() noexcept {
    if (node_ == nullptr) return !granted_;
    const std::lock_guard lock(queue_.mutex_);
    return node_->withdraw();
  }

  bool settle() noexcept {
    const bool granted = !withdraw();
    granted_ = false;
    if (node_ == nullptr) return granted;
    Node* node = std::exchange(node_, nullptr);
    if (granted && !node->linked() && !node->has_run) {
      node->wait = nullptr;  // in the mail
    } else {
      delete node;
    }
    return granted;
  }

 protected:
  template <class Take>
  bool begin(TaskContext& task, std::coroutine_handle<> self, Take&& take) noexcept {
    if (task.stop_requested()) return false;
    if (enlist(task, std::forward<Take>(take))) {
      // The mail that resumes it comes to this very thread, so not before this.
      task.suspend(*node_, self);
      return true;
    }
    if (task.runner().may_complete_inline()) return false;
    task.yield(self);
    return true;
  }

 private:
  friend class SharedWaitQueue;  // says that its turn has come

  SharedWaitQueue& queue_;
  Node* node_ = nullptr;
  bool granted_ = false;  // at once, without a node
};

inline SharedWaitQueue::~SharedWaitQueue() {
  if (!waiting_.empty()) panic_about(waiting_.front().task, what_, "destroyed");
}

inline SharedWaitQueue::Wait* SharedWaitQueue::oldest() noexcept {
  return waiting_.empty() ? nullptr : waiting_.front().wait;
}

inline void SharedWaitQueue::grant(Wait& wait) noexcept {
  Node& node = *wait.node_;
  node.unlink();
  node.state = Node::State::kGranted;
  require(node.task.runner().post(node), node.task, "its loop has ended, and it still waits there");
}

inline void SharedWaitQueue::Node::stop() noexcept {
  const std::lock_guard lock(queue.mutex_);
  if (state != State::kWaiting) return;
  withdraw();
  task.runner().ready().push_back(*this);
}

}  // namespace rondo
