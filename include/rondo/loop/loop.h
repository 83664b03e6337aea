// SPDX-License-Identifier: MIT
// Loop: one thread, one kernel queue, and the coroutines that live on it.
//
//      mailbox --\                                    /--> coroutine --> Op --+
//      timers  ---+--> ready queue --> ready.run() --+                       |
//      kernel  --/                                                           |
//        ^                                                                   |
//        +------------------ Backend::turn (submits, waits, reaps) <---------+
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "rondo/base/clock.h"
#include "rondo/base/counter.h"
#include "rondo/base/fork_guard.h"
#include "rondo/base/mail.h"
#include "rondo/base/runner.h"
#include "rondo/buffer/pool.h"
#include "rondo/coro/scope.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/slot.h"
#include "rondo/kernel/uring_options.h"
#include "rondo/loop/borrow.h"
#include "rondo/loop/loop_counters.h"
#include "rondo/loop/loop_stats.h"
#include "rondo/loop/mailbox.h"
#include "rondo/loop/timers.h"

namespace rondo {

class ForeignSlots;

struct LoopOptions {
  BackendKind backend = BackendKind::kAuto;
  Trigger trigger = Trigger::kDefault;  // epoll's; the default is edge
  UringOptions uring = {};              // how much of io_uring; the default is all there is
  PoolOptions pool = {};                // receive buffers

  // Bounds of one turn, so that no source of work starves another. Resuming fewer than one call to
  // the kernel reports makes a level-triggered queue report the rest again: 9 % more CPU at 1000
  // connections.
  std::size_t resumptions_per_turn = 1024;
  std::size_t events_per_turn = 1024;
  std::size_t posts_per_turn = 1024;
  std::size_t timers_per_turn = 1024;

  // How much of its busy time the loop gives to what the kernel and its timers have made ready, in
  // percent from 1 to 99; the rest is for what other threads post. 0: no share is kept, and both
  // run in the order in which they came. A side that has less to do leaves its time to the other.
  unsigned io_share = 0;

  // Keeps histograms of how long turns take and how late timers are, and notes what runs, for a
  // StallDetector: stats().
  bool observe = false;

  // Where the time comes from; must outlive the loop.
  const Clock* clock = &Clock::monotonic();

  // What becomes of an exception that leaves a spawned task; called on the loop's thread. Without
  // it the process ends with a message, as for a std::thread.
  std::function<void(std::exception_ptr)> on_exception = {};
};

// How much one run_once may do.
struct Budget {
  std::size_t events = 1024;                         // resumptions
  std::size_t bytes = static_cast<std::size_t>(-1);  // received and sent
  TimePoint deadline = kNever;                       // stop beginning new work then
};

struct RunOnce {
  std::size_t resumed = 0;  // how much ran
  bool more = false;        // work is left over; run_once again soon
};

// A loop belongs to the thread that first turns it: run, run_once, run_until_stopped. Until then it
// may be prepared (spawn, listen) on the thread that created it. Calls that other threads may make
// say so. Coroutines of a loop always resume on its thread.
class Loop final : public Runner {
 public:
  // Opens the kernel queue. An explicit backend that cannot be had is an error that says why;
  // kAuto takes io_uring if it passes a self-test, else epoll, and backend_choice() tells.
  static absl::StatusOr<std::unique_ptr<Loop>> create(LoopOptions options = {});

  // The same on a queue of somebody else's making: a simulated world's.
  static std::unique_ptr<Loop> create_on(std::unique_ptr<Backend> backend, BackendChoice choice,
                                         LoopOptions options);

  // On the thread that turned it, or on another one when nobody turns it any more. Destroys what
  // still runs, wherever it is suspended, and completes every operation. Tasks of other loops that
  // are here are asked to stop, and it waits until they have left. Streams and listeners of this
  // loop that live elsewhere must have gone before; one that has not is named in the message that
  // ends the process.
  ~Loop();

  const BackendChoice& backend_choice() const noexcept { return choice_; }
  Trigger trigger() const noexcept { return options_.trigger; }

  // Starts `function(arguments...)`, which must return a Task, as a task of its own; its first step
  // runs in a later turn. The callable and the arguments are moved or copied into the task's frame.
  // A reference, pointer or view would dangle too easily: pass it wrapped in borrow(x), which says
  // that x outlives the task, or spawn inside with_scope. After stop() the task still starts, with
  // its stop requested.
  template <class Function, class... Arguments>
  requires Spawnable<Function, Arguments...>
  void spawn(Function&& function, Arguments&&... arguments) {
    static_assert((OwnsItsValue<Arguments> && ...),
                  "spawn: an argument is a reference, a pointer or a view; pass a value, or "
                  "borrow(x) for an x that outlives the task");
    require_thread();
    root_.add(make_job(std::decay_t<Function>(std::forward<Function>(function)),
                       std::decay_t<Arguments>(std::forward<Arguments>(arguments))...));
  }
  template <class Function, class... Arguments>
  requires(!Spawnable<Function, Arguments...>) void spawn(Function&&, Arguments&&...) {
    refuse_to_spawn<Function, Arguments...>();
  }

  // Runs until every task has ended, whether by itself or after stop(), every close is done, and
  // the tasks of other loops that are here (switch_to) have left.
  void run();
  // The same, but not before stop() was called; meanwhile waits for posts.
  void run_until_stopped();
  // Runs, and waits for posts, stopped or not, until something that runs here sets `needed` to
  // false: for a loop that others still post to after its own tasks have ended.
  void run_while(const bool& needed);

  // For a host with a loop of its own: does what can be done now, within the budget, and does not
  // wait. What is left over stays for the next call; nothing that was read from the kernel is lost.
  // When it returns, a post from another thread makes poll_fd() readable.
  RunOnce run_once(const Budget& budget = {});

  // Readable when run_once has something to do that came from the kernel or another thread, for a
  // host's poll set. -1 on poll and select, of which the kernel knows nothing between two calls:
  // there the host calls run_once as often as it wants to hear.
  int poll_fd() const noexcept { return backend_->poll_fd(); }
  // When run_once wants to be called at the latest, even if poll_fd() stays quiet: the past when
  // work is left over, kNever when there is none.
  TimePoint next_deadline() noexcept;

  // Asks every task to stop, those of other loops that are here or come later included. Any thread;
  // async-signal-safe; once is enough. Operations end with Errc::canceled, and run() returns when
  // the tasks have ended. What was posted before the call runs before that; later posts are taken
  // until then and run at the latest when the loop is destroyed.
  void stop() noexcept;
  bool stopping() const noexcept { return stop_requested_.load(std::memory_order_relaxed); }

  // Any thread: `mail` runs on this loop's thread in one of its next turns. First in, first out for
  // each posting thread. Allocates nothing. False, and nothing happens, once the loop has ended.
  [[nodiscard]] bool post(Mail& mail) noexcept override { return mailbox_.post(mail); }
  // The same for a callable, which is kept in pooled memory until it has run.
  template <class Function>
  requires std::invocable < std::decay_t<Function>
  & > bool post(Function&& function);

  std::string whose_turn() const override;

  // What it has done so far. Any thread, while the loop lives; neither wakes nor delays it.
  LoopCounters counters() const noexcept;

  // Histograms, and what is running; nullptr unless LoopOptions::observe. Any thread.
  const LoopStats* stats() const noexcept { return stats_.get(); }

  // What is needed below by operations; not for programs.
  Backend& backend() noexcept { return *backend_; }
  SlotTable& slots() noexcept { return slots_; }
  const SlotTable& slots() const noexcept { return slots_; }
  Timers& timers() noexcept { return timers_; }
  Pool& pool() noexcept { return *pool_; }
  Scope& root() noexcept { return root_; }
  OpQueue& submitted() noexcept { return submitted_; }
  TimePoint now() const noexcept { return options_.clock->now(); }
  // Tasks, visits or closes are under way; without them run() returns.
  bool has_tasks() noexcept {
    return root_.running() != 0 || slots_.closing != 0 || !visitors().empty();
  }
  std::uint64_t turns() const noexcept { return counts_.turns; }  // any thread
  std::uint64_t posts() const noexcept { return mailbox_.posts(); }
  std::uint64_t wakes() const noexcept { return mailbox_.wakes(); }

  // Closes the slot's descriptor as soon as the kernel holds nothing of it; `waiter`, if any, is
  // made ready then. The slot must not be used afterwards.
  void close(Slot& slot, ReadyNode* waiter = nullptr) noexcept;
  // Asks a begun operation to end early.
  void cancel(Op& op) noexcept;
  // The slot of a descriptor that is not ours, shared by those who wait on it; each call is paired
  // with one release_foreign. nullptr when memory is out.
  Slot* foreign_slot(int fd) noexcept;
  void release_foreign(Slot& slot) noexcept;

  // Holds when the caller is on the loop's thread, or the loop has not been turned yet.
  void require_thread() const noexcept;

 private:
  enum class Until : std::uint8_t { kNow, kEmpty, kStopped, kNotNeeded };  // when to wait no more
  // What the loop itself counts, and what is copied once a turn from where every request counts.
  struct Counts {
    Counter turns;
    Counter resumed;
    Counter bytes_moved;
    Counter bytes_sent;
    Counter calls;
    std::array<Counter, std::size(kCloseReasons)> closes;
  };

  Loop(LoopOptions options, BackendChoice choice, std::unique_ptr<Backend> backend);

  void bind_to_thread();
  [[noreturn]] void refuse_in_child() noexcept;
  std::size_t turn(const Budget& budget, Until until);
  std::size_t run_posted(bool is_alone, Duration others_took, std::size_t most) noexcept;
  bool expects(Until until) noexcept;
  Duration wait_limit() noexcept;
  bool has_work() noexcept;
  void run_until(Until until);
  void heed_stop() noexcept;
  void publish() noexcept;
  void expire_timers() noexcept;
  void begin_step(ReadyNode& node) noexcept;
  template <class More>
  std::size_t run_ready(std::size_t most, More&& more) noexcept;

  LoopOptions options_;
  BackendChoice choice_;
  SlotTable slots_;
  Pool::Owner pool_;
  std::unique_ptr<Backend> backend_;
  Timers timers_;
  Mailbox mailbox_;
  OpQueue submitted_;
  ReadyQueue posted_;  // with an io_share: mail that waits for its part of the time
  Duration posts_credit_{0};
  std::unique_ptr<ForeignSlots> foreign_;
  Scope root_;
  Counts counts_;
  std::unique_ptr<LoopStats> stats_;  // if observed
  ForkGuard fork_guard_;
  std::atomic<bool> stop_requested_{false};
  std::atomic<int> stoppers_{0};  // calls of stop() that are under way
  bool stop_heeded_ = false;
  const bool* needed_ = nullptr;  // during run_while
};

// A callable on its way to a loop.
template <class Function>
class PostedCall final : public Mail {
 public:
  explicit PostedCall(Function function) : function_(std::move(function)) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  void run() noexcept override {
    const std::unique_ptr<PostedCall> self(this);
    if (Runner* here = Runner::current()) here->forget_running();  // no task does what follows
    function_();
  }
  const char* what() const noexcept override { return "posted call"; }

 private:
  Function function_;
};

template <class Function>
requires std::invocable < std::decay_t<Function>
& > bool Loop::post(Function&& function) {
  using Call = PostedCall<std::decay_t<Function>>;
  auto call = std::make_unique<Call>(std::forward<Function>(function));
  if (!post(static_cast<Mail&>(*call))) return false;
  static_cast<void>(call.release());  // it deletes itself when it has run
  return true;
}

// Starts a task on `loop`, from any thread; see Loop::spawn for the arguments. False, and the
// arguments are gone, when the loop has ended.
template <class Function, class... Arguments>
requires Spawnable<Function, Arguments...>
bool spawn_on(Loop& loop, Function&& function, Arguments&&... arguments) {
  static_assert((OwnsItsValue<Arguments> && ...),
                "spawn_on: an argument is a reference, a pointer or a view; pass a value, or "
                "borrow(x) for an x that outlives the task");
  return loop.post([&loop, job = make_job(std::decay_t<Function>(std::forward<Function>(function)),
                                          std::decay_t<Arguments>(
                                              std::forward<Arguments>(arguments))...)]() mutable {
    loop.root().add(std::move(job));
  });
}
template <class Function, class... Arguments>
requires(!Spawnable<Function, Arguments...>) bool spawn_on(Loop&, Function&&, Arguments&&...) {
  refuse_to_spawn<Function, Arguments...>();
  return false;
}

}  // namespace rondo
