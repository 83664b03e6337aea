// SPDX-License-Identifier: MIT
#include "rondo/loop/loop.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/probe.h"
#include "kernel/choose.h"
#include "loop/foreign_slots.h"
#include "rondo/base/assert.h"
#include "rondo/base/thread.h"

namespace rondo {
namespace {

constexpr Budget kEverything{.events = static_cast<std::size_t>(-1)};

}  // namespace

absl::StatusOr<std::unique_ptr<Loop>> Loop::create(LoopOptions options) {
  auto chosen = choose_backend(options.backend, options.trigger, options.uring);
  if (!chosen.ok()) return chosen.status();
  return create_on(std::move(chosen->backend), std::move(chosen->choice), std::move(options));
}

std::unique_ptr<Loop> Loop::create_on(std::unique_ptr<Backend> backend, BackendChoice choice,
                                      LoopOptions options) {
  return std::unique_ptr<Loop>(new Loop(std::move(options), std::move(choice), std::move(backend)));
}

Loop::Loop(LoopOptions options, BackendChoice choice, std::unique_ptr<Backend> backend)
    : options_(std::move(options)),
      choice_(std::move(choice)),
      pool_(Pool::create(options_.pool)),
      backend_(std::move(backend)),
      mailbox_([](void* self) { static_cast<Backend*>(self)->wake(); }, backend_.get()),
      foreign_(std::make_unique<ForeignSlots>()),
      root_(*this),
      stats_(options_.observe ? std::make_unique<LoopStats>() : nullptr) {
  if (options_.trigger == Trigger::kDefault) options_.trigger = Trigger::kEdge;
  pool_->on_foreign_return([](void* self) { static_cast<Backend*>(self)->wake(); }, backend_.get());
  root_.on_failure(
      [](void* self, std::exception_ptr failure) {
        auto& handler = static_cast<Loop*>(self)->options_.on_exception;
        if (!handler) {
          panic("an exception left a spawned task, and LoopOptions::on_exception is not set");
        }
        handler(std::move(failure));
      },
      this);
}

Loop::~Loop() {
  if (fork_guard_.in_child()) [[unlikely]] {
    refuse_in_child();  // before it touches what the kernel shares with the parent
  }
  while (stoppers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  bind_to_thread();
  // The thread that turned it may have ended: what is left is done here.
  bind_to_this_thread();
  pool_->bind_to_thread();
  // Tasks that are on their way home arrive before they go.
  mailbox_.drain(ready(), static_cast<std::size_t>(-1));
  root_.destroy_children();
  stop_visitors();
  // Mail that came in time still runs, and what it spawns ends likewise; then nothing more comes.
  mailbox_.close();
  do {
    turn(kEverything, Until::kEmpty);
    root_.destroy_children();
  } while (has_work() || mailbox_.has_mail() || has_tasks());
  pool_->on_foreign_return(nullptr, nullptr);
  backend_.reset();
}

void Loop::bind_to_thread() {
  if (is_bound()) return;
  bind_to_this_thread();
  pool_->bind_to_thread();
  backend_->attach(*pool_, slots_);
}

void Loop::require_thread() const noexcept {
  require(is_here(), "a loop was used from another thread; post to it, or spawn_on it");
}

std::string Loop::whose_turn() const {
  return running() == nullptr ? std::string() : in_words(*running());
}

bool Loop::has_work() noexcept {
  return !ready().empty() || !submitted_.empty() || !posted_.empty();
}

// Whether something is still to come that is worth waiting for.
bool Loop::expects(Until until) noexcept {
  switch (until) {
    case Until::kNow:
      return false;
    case Until::kEmpty:
      return has_tasks();
    case Until::kStopped:
      return !stop_heeded_ || has_tasks();
    case Until::kNotNeeded:
      return *needed_;
  }
  return false;
}

// The oldest of its tasks tells people which loop it is.
void Loop::refuse_in_child() noexcept {
  static constexpr char kMessage[] =
      "a loop was used, or destroyed, in the child of a fork; make another one there";
  struct Refusal final : TaskVisitor {
    void visit(TaskContext& task) override { panic_about(task, kMessage); }
  } refusal;
  root_.show_tasks(refusal);
  panic(kMessage);
}

std::size_t Loop::turn(const Budget& budget, Until until) {
  if (fork_guard_.in_child()) [[unlikely]] {
    refuse_in_child();
  }
  ++counts_.turns;
  ReadyQueue& arrived = options_.io_share != 0 ? posted_ : ready();
  mailbox_.drain(arrived, options_.posts_per_turn);
  set_turn_time(now());
  if (!timers_.empty()) expire_timers();
  if (stop_requested_.load(std::memory_order_acquire) && !stop_heeded_) {
    heed_stop();
    // What was posted before the stop runs before the end, however much it is; what others go on to
    // post does not keep the loop from ending.
    mailbox_.drain(arrived, static_cast<std::size_t>(-1));
  }

  const std::uint64_t bytes_before = slots_.bytes_moved;
  const TimePoint begin = turn_time();
  std::size_t resumed =
      run_ready(std::min(budget.events, options_.resumptions_per_turn),
                [&]() noexcept { return slots_.bytes_moved - bytes_before < budget.bytes; });
  if (!posted_.empty()) {
    resumed += run_posted(resumed == 0, now() - begin, budget.events - resumed);
  }
  if (stats_ != nullptr) stats_->end_steps();
  forget_running();
  counts_.resumed += resumed;

  TurnLimits limits{.events = options_.events_per_turn, .wait = Duration(0)};
  if (ready().empty() && posted_.empty() && expects(until) && mailbox_.prepare_to_sleep()) {
    limits.wait = wait_limit();
  }
  publish();
  if (stats_ != nullptr) stats_->record_turn(now() - turn_time());
  OpQueue completed;
  backend_->turn(submitted_, completed, limits);
  mailbox_.awake();
  ready().take(completed);
  return resumed;
}

template <class More>
std::size_t Loop::run_ready(std::size_t most, More&& more) noexcept {
  if (stats_ == nullptr) {
    return Runner::run(most, more, [this](ReadyNode& node) noexcept {
      RONDO_PROBE(resume, this, &node);
      static_cast<void>(this);
      static_cast<void>(node);
    });
  }
  return Runner::run(most, more, [this](ReadyNode& node) noexcept { begin_step(node); });
}

void Loop::expire_timers() noexcept {
  if (stats_ == nullptr) {
    timers_.expire(turn_time(), ready(), options_.timers_per_turn);
    return;
  }
  ReadyQueue due;
  timers_.expire(turn_time(), due, options_.timers_per_turn);
  due.for_each([&](ReadyNode& node) {
    stats_->record_lag(turn_time() - static_cast<Timer&>(node).deadline);
  });
  ready().take(due);
}

void Loop::begin_step(ReadyNode& node) noexcept {
  RONDO_PROBE(resume, this, &node);
  forget_running();
  stats_->begin_step(node.what());
}

// Posts have a credit of time, to which each turn adds their share of what the rest took, and which
// a long post may overdraw. While there is nothing else to do it does not count.
std::size_t Loop::run_posted(bool is_alone, Duration others_took, std::size_t most) noexcept {
  constexpr Duration kSlice = std::chrono::microseconds(50);  // then the kernel is asked again
  constexpr Duration kMostSaved = std::chrono::milliseconds(1);
  const unsigned io_share = std::clamp(options_.io_share, 1u, 99u);
  const Duration share = others_took * (100 - io_share) / io_share;
  posts_credit_ = is_alone ? kSlice : std::min(posts_credit_, kMostSaved) + share;
  std::size_t count = 0;
  for (TimePoint last = now(); count < most && !posted_.empty() && posts_credit_ > Duration(0);) {
    ReadyNode* node = posted_.pop_front();
    if (stats_ != nullptr) begin_step(*node);
    node->run();
    ++count;
    const TimePoint after_it = now();
    posts_credit_ -= after_it - std::exchange(last, after_it);
  }
  return count;
}

// The clock is read again here: what ran may have taken long.
Duration Loop::wait_limit() noexcept {
  if (timers_.empty()) return Duration(-1);
  return std::max(timers_.next_deadline() - now(), Duration(0));
}

void Loop::heed_stop() noexcept {
  stop_heeded_ = true;
  root_.stop();
  stop_visitors();
}

void Loop::run() { run_until(Until::kEmpty); }

void Loop::run_until_stopped() { run_until(Until::kStopped); }

void Loop::run_while(const bool& needed) {
  bind_to_thread();
  require_thread();
  const Inside inside(*this);
  needed_ = &needed;
  while (needed) turn(kEverything, Until::kNotNeeded);
  needed_ = nullptr;
}

void Loop::run_until(Until until) {
  bind_to_thread();
  require_thread();
  const Inside inside(*this);
  while (expects(until) || has_work() || (!stop_heeded_ && mailbox_.has_mail())) {
    turn(kEverything, until);
  }
}

RunOnce Loop::run_once(const Budget& budget) {
  bind_to_thread();
  require_thread();
  const Inside inside(*this);
  RunOnce result;
  Budget left = budget;
  const std::uint64_t bytes_before = slots_.bytes_moved;
  // The first turn fetches what the kernel has, the following ones run it and fetch again.
  for (;;) {
    const std::size_t resumed = turn(left, Until::kNow);
    result.resumed += resumed;
    left.events -= std::min(resumed, left.events);
    const std::uint64_t moved = slots_.bytes_moved - bytes_before;
    left.bytes = budget.bytes - std::min<std::size_t>(moved, budget.bytes);
    if (!has_work()) break;
    if (left.events == 0 || left.bytes == 0) break;
    if (budget.deadline != kNever && now() >= budget.deadline) break;
  }
  // From here to the next call the loop counts as asleep: a post wakes poll_fd().
  result.more = has_work() || !mailbox_.prepare_to_sleep();
  return result;
}

TimePoint Loop::next_deadline() noexcept {
  if (has_work() || mailbox_.has_mail()) return TimePoint::min();
  const Duration patience = pool_->patience(Duration(-1));
  const TimePoint look = patience < Duration(0) ? kNever : after(now(), patience);
  return timers_.empty() ? look : std::min(timers_.next_deadline(), look);
}

// The loop may end by this before it is over, so the end waits for it.
void Loop::stop() noexcept {
  stoppers_.fetch_add(1, std::memory_order_relaxed);
  if (!stop_requested_.exchange(true, std::memory_order_seq_cst)) backend_->wake();
  stoppers_.fetch_sub(1, std::memory_order_release);
}

void Loop::close(Slot& slot, ReadyNode* waiter) noexcept {
  require_thread();
  RONDO_PROBE(close, slot.fd, static_cast<int>(slot.would_close));
  if (!slot.has(kSlotListener | kSlotForeign)) {
    ++counts_.closes[static_cast<std::size_t>(slot.would_close)];
  }
  CloseOp& op = slot.closing;
  op.waiter = waiter;
  op.waiter_queue = &ready();
  if (backend_->attempt(op) == Progress::kCompleted) {
    op.run();
    return;
  }
  op.counted = true;
  ++slots_.closing;
  op.state = OpState::kQueued;
  submitted_.push_back(op);
}

void Loop::cancel(Op& op) noexcept {
  switch (op.state) {
    case OpState::kQueued:
      op.unlink();
      op.complete(Errc::canceled);
      ready().push_back(op);
      return;
    case OpState::kHeld:
      if ((op.flags & kOpStop) != 0) return;
      op.flags |= kOpStop;
      op.unlink();  // a receive that waits for a buffer is in the backend's queue
      submitted_.push_back(op);
      return;
    case OpState::kArmed:
      op.flags |= kOpStop;  // if there is nothing after all, it ends instead of waiting again
      return;
    case OpState::kIdle:
    case OpState::kDone:
      return;
  }
}

Slot* Loop::foreign_slot(int fd) noexcept { return foreign_->take(fd, slots_); }

void Loop::release_foreign(Slot& slot) noexcept {
  if (foreign_->give_back(slot)) close(slot);
}

}  // namespace rondo
