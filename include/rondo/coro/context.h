// SPDX-License-Identifier: MIT
// What a running task is: one chain of coroutines that await each other.
//
//   TaskContext --suspended--> the innermost frame of the chain
//        |     --waiting-----> what that frame waits for (an operation, a join, a timer)
//        +-----home----------> the loop on which it was spawned and on which it will end
//
// Every frame of the chain knows the context; an operation registers itself there by one store when
// it suspends, which is all that a stop request needs to find it. No locks, no allocation.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <source_location>
#include <string>

#include "rondo/base/assert.h"
#include "rondo/base/clock.h"
#include "rondo/base/list.h"
#include "rondo/base/mail.h"
#include "rondo/base/runner.h"

namespace rondo {

class TaskContext;

// Who waits for tasks to end: a scope, a when_all, a with_timeout.
class Joiner {
 public:
  // `child` has ended, on its home loop. The joiner destroys it (child.destroy()) here.
  virtual void child_ended(TaskContext& child, std::exception_ptr failure) noexcept = 0;

 protected:
  ~Joiner() = default;
};

struct SiblingTag;

// Lives in the frame of the task's outermost coroutine (its Job). Used on the thread of the loop
// that the task is on, but for stop(), which belongs to the home loop's thread.
class TaskContext final : public Mail, public ListNode<SiblingTag>, public Visitor {
 public:
  TaskContext() noexcept = default;
  ~TaskContext() {
    if (stop_mail_ != nullptr) [[unlikely]] {
      forget_stop_mail();
    }
    ListNode<SiblingTag>::unlink();
  }

  // Before the start: where it runs, who waits for its end, and the frame that holds it.
  void adopt(Runner& home, Joiner& joiner, std::coroutine_handle<> frame) noexcept {
    home_ = &home;
    runner_.store(&home, std::memory_order_relaxed);
    joiner_ = &joiner;
    frame_ = frame;
    suspended_ = frame;
  }

  // Queues the task's first step on its home loop.
  void start() noexcept { home_->ready().push_back(*this); }

  Runner& runner() const noexcept { return *runner_.load(std::memory_order_relaxed); }
  Runner& home() const noexcept { return *home_; }
  bool is_away() const noexcept { return runner_.load(std::memory_order_relaxed) != home_; }

  // For people: what it was called, or the signature of its outermost coroutine (name_of makes it
  // short); "task" before that has begun. A string literal or other storage that outlives the task.
  const char* name() const noexcept {
    const char* name = name_.load(std::memory_order_relaxed);
    return name == nullptr ? "task" : name;
  }
  void set_name(const char* name) noexcept { name_.store(name, std::memory_order_relaxed); }
  // The first step of the outermost coroutine; if that has no name, it keeps what it inherited.
  void set_first_name(const char* name) noexcept {
    if (*name != '\0') set_name(name);
  }
  // Where the name is kept, for who cannot know whether the task is still there.
  const void* name_place() const noexcept { return &name_; }
  // When somebody will ask it to stop, as far as is known: the earliest deadline of the
  // with_timeouts around it. kNever for none.
  TimePoint deadline() const noexcept { return deadline_; }
  // Before the start: what it inherits; a name, too.
  void set_deadline(TimePoint deadline) noexcept { deadline_ = deadline; }
  // nullptr while it runs or is ready to.
  ReadyNode* waiting_for() const noexcept { return waiting_; }
  // When the turn began in which it came to wait; TimePoint() if that is not known.
  TimePoint waiting_since() const noexcept { return since_; }

  // The thread of its home may look at it now: it is there, or on its way there.
  bool has_come_home() const noexcept { return runner_.load(std::memory_order_acquire) == home_; }
  // It stands at a co_await, or before its first step: then suspended() is its innermost frame.
  bool is_suspended() const noexcept {
    return !ended_ && (waiting_ != nullptr || ListNode<>::linked());
  }
  bool has_ended() const noexcept { return ended_; }
  std::coroutine_handle<> suspended() const noexcept { return suspended_; }
  std::coroutine_handle<> outermost() const noexcept { return frame_; }

  // Operations that begin after this end at once with Errc::canceled.
  bool stop_requested() const noexcept { return stop_.load(std::memory_order_relaxed); }

  // Asks the task to end: what it waits for is asked to end early, down to the innermost task. On
  // the home loop's thread; if the task is on another loop, the request travels there. Once.
  void stop() noexcept override;
  // The same, when the loop that it visits stops; on the thread of that one.
  void stop_visit() noexcept override;

  // The coroutine `leaf` suspends until `node` runs.
  void suspend(ReadyNode& node, std::coroutine_handle<> leaf) noexcept {
    waiting_ = &node;
    suspended_ = leaf;
    since_ = runner().turn_time();
  }
  // The node's turn has come: goes on with the coroutine that suspended. Runner only.
  void resume() noexcept {
    waiting_ = nullptr;
    Runner& here = runner();
    here.set_running(*this);
    here.resume(suspended_);
  }
  // The coroutine `leaf` goes to the end of its loop's queue.
  void yield(std::coroutine_handle<> leaf) noexcept {
    suspended_ = leaf;
    runner().ready().push_back(*this);
  }
  // The coroutine `leaf` goes on at `target`. False when that takes no mail: it stays here, ready.
  bool move_to(Runner& target, std::coroutine_handle<> leaf) noexcept;

  // The outermost coroutine is at its end; goes home if need be and tells the joiner there.
  void end(std::exception_ptr failure) noexcept;

  // Destroys the task's frames, wherever they are suspended, and this object with them. Home
  // thread.
  void destroy() noexcept;

  void run() noexcept override;
  const char* what() const noexcept override { return "its turn"; }
  void prefetch() const noexcept override {
    __builtin_prefetch(&stop_);
    __builtin_prefetch(&since_);
  }

 private:
  class StopMail;

  void require_home() const noexcept;
  void forget_stop_mail() noexcept;
  void arrive() noexcept;

  // From here to since_: of every step, and together.
  std::atomic<bool> stop_{false};
  bool ended_ = false;
  ReadyNode* waiting_ = nullptr;
  std::coroutine_handle<> suspended_;
  std::atomic<Runner*> runner_{nullptr};
  TimePoint since_{};

  Runner* home_ = nullptr;
  Joiner* joiner_ = nullptr;
  std::coroutine_handle<> frame_;
  StopMail* stop_mail_ = nullptr;  // when it was stopped while it was away
  std::atomic<const char*> name_{nullptr};
  TimePoint deadline_ = kNever;
  std::exception_ptr failure_;
};

// What a task is called in a line for people: "serve", "lambda in main".
std::string name_of(const TaskContext& task);
// The same for a message: "task 'serve'".
std::string in_words(const TaskContext& task);

// Ends the process over a task that has done, or met, what must not be: "task 'x': message".
[[noreturn]] void panic_about(
    const TaskContext& task, const char* message,
    std::source_location where = std::source_location::current()) noexcept;
// The same over a task that waits for something which was `fate` meanwhile: "destroyed".
[[noreturn]] void panic_about(const TaskContext& task, const char* what, const char* fate) noexcept;

// As require, and the message names the task.
inline void require(bool holds, const TaskContext& task, const char* message,
                    std::source_location where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]] {
    panic_about(task, message, where);
  }
}

}  // namespace rondo
