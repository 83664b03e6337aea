// SPDX-License-Identifier: MIT
// The one place where coroutines are resumed.
//
//   await a child:   next = child      \   nobody calls resume() from inside a coroutine, so the
//   finish a child:  next = parent     /   stack does not grow, however deep or long the chain is
//
// g++ 12 makes symmetric transfer a tail call only at -O2 and without sanitizers, so the library
// does not use it: awaiting and finishing only name who runs next (8.5 ns against 7.0 ns).
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <string>
#include <utility>

#include "rondo/base/clock.h"
#include "rondo/base/mail.h"
#include "rondo/base/ready.h"
#include "rondo/base/thread.h"

namespace rondo {

// A task of another runner that is here for a while; see TaskContext.
struct VisitorTag;
class Visitor : public ListNode<VisitorTag> {
 public:
  // Asks it to end, or at least to leave. On the thread of the runner that it is on.
  virtual void stop_visit() noexcept = 0;

 protected:
  ~Visitor() { unlink(); }
};

// The queue of a thread's ready nodes and the trampoline under its coroutines. Used by one thread.
class Runner {
 public:
  // How many operations one resumption may complete without going through the queue, so that a
  // coroutine whose operations never block cannot keep the thread for ever.
  static constexpr int kInlineCompletions = 32;

  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  ReadyQueue& ready() noexcept { return ready_; }

  // Tasks of other runners that are on this one. A runner that is stopping asks those who come to
  // stop, too: it waits until they have left.
  List<Visitor, VisitorTag>& visitors() noexcept { return visitors_; }
  bool stops_visitors() const noexcept { return stops_visitors_; }

  // When the current turn began, or the last one: what is noted of a task that begins to wait.
  TimePoint turn_time() const noexcept { return turn_time_; }

  // The one that the calling thread is inside of; nullptr outside of all.
  static Runner* current() noexcept;

  // Whether the calling thread may use it: it is its own, or it belongs to none yet.
  bool is_here() const noexcept {
    const void* thread = thread_.load(std::memory_order_relaxed);
    return thread == nullptr || thread == current_thread();
  }
  // Whether it belongs to the calling thread. Any thread.
  bool is_mine() const noexcept {
    return thread_.load(std::memory_order_relaxed) == current_thread();
  }

  // Hands `mail` to this runner's thread, where it will run. Any thread. False when the runner has
  // stopped taking mail; the mail then stays with the caller.
  [[nodiscard]] virtual bool post(Mail& mail) noexcept = 0;

  // Names the coroutine that runs when the current one has suspended.
  void run_next(std::coroutine_handle<> next) noexcept { next_ = next; }

  // Resumes `first` and whoever is named after it, until nobody is.
  void resume(std::coroutine_handle<> first) noexcept {
    inline_left_ = kInlineCompletions;
    while (first) {
      frame_.store(first.address(), std::memory_order_relaxed);
      next_ = nullptr;
      first.resume();
      first = next_;
    }
  }

  // Runs ready nodes, oldest first, at most `limit` of them, while `more()` says yes; nodes that
  // become ready meanwhile count. Returns how many ran.
  template <class More>
  std::size_t run(std::size_t limit, More&& more) noexcept {
    return run(limit, more, [](ReadyNode&) noexcept {});
  }
  // The same, and tells `before(node)` before each.
  template <class More, class Before>
  std::size_t run(std::size_t limit, More&& more, Before&& before) noexcept {
    std::size_t count = 0;
    while (count < limit && !ready_.empty() && more()) {
      ReadyNode* node = ready_.pop_front();
      prefetch_next();
      before(*node);
      node->run();
      ++count;
    }
    return count;
  }

  // The task that runs and the coroutine frame that was resumed; nullptr if none does, and after a
  // task has suspended possibly that one still, until the next runs or the turn ends. Any thread;
  // but on another one they may be gone as soon as this returns, so they are only for those who can
  // look at memory that is not there (StallDetector).
  const TaskContext* running() const noexcept { return running_.load(std::memory_order_relaxed); }
  const void* running_frame() const noexcept { return frame_.load(std::memory_order_relaxed); }
  void set_running(const TaskContext& task) noexcept {
    running_.store(&task, std::memory_order_relaxed);
  }
  void forget_running() noexcept {
    running_.store(nullptr, std::memory_order_relaxed);
    frame_.store(nullptr, std::memory_order_relaxed);
  }
  // For messages, on its thread: "task 'serve'", or empty if no task runs.
  virtual std::string whose_turn() const { return {}; }

  // True while the running coroutine may still take a result without suspending; counts down.
  bool may_complete_inline() noexcept { return inline_left_-- > 0; }

 protected:
  // While it lives, the calling thread is inside of `runner`; one within the other is fine.
  class Inside {
   public:
    explicit Inside(Runner& runner) noexcept;
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside();

   private:
    Runner* around_;
  };

  ~Runner() = default;

  void set_turn_time(TimePoint now) noexcept { turn_time_ = now; }
  void stop_visitors() noexcept {
    stops_visitors_ = true;
    visitors_.for_each([](Visitor& visitor) noexcept { visitor.stop_visit(); });
  }
  // From here on it belongs to the calling thread.
  void bind_to_this_thread() noexcept {
    thread_.store(current_thread(), std::memory_order_relaxed);
  }
  bool is_bound() const noexcept { return thread_.load(std::memory_order_relaxed) != nullptr; }

 private:
  // With 1000 busy connections, what they touch does not fit into the first two caches. So it is
  // fetched while this step is in the kernel: the node after the next, and what the next one, which
  // is here by now, points to.
  void prefetch_next() noexcept {
    if (ready_.empty()) return;
    ReadyNode& next = ready_.front();
    if (ReadyNode* later = ready_.next(next); later != nullptr) prefetch_around(*later);
    next.prefetch();
  }
  // A node mostly lies in the frame that it will resume, so the lines around it are what that
  // resumption touches.
  static void prefetch_around(const ReadyNode& node) noexcept {
    const auto* at = reinterpret_cast<const char*>(&node);
    __builtin_prefetch(at - 128);
    __builtin_prefetch(at - 64);
    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
    __builtin_prefetch(at + 128);
  }

  ReadyQueue ready_;
  std::coroutine_handle<> next_;
  int inline_left_ = kInlineCompletions;
  TimePoint turn_time_{};
  std::atomic<const void*> thread_{nullptr};
  List<Visitor, VisitorTag> visitors_;
  bool stops_visitors_ = false;
  std::atomic<const TaskContext*> running_{nullptr};
  std::atomic<const void*> frame_{nullptr};
};

}  // namespace rondo
