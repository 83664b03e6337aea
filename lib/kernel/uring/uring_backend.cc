// SPDX-License-Identifier: MIT
#include "kernel/uring/uring_backend.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernel/uring/restrictions.h"
#include "rondo/base/assert.h"

namespace rondo {
namespace {

// Fails only when 2^64 - 2 signals are pending, and they will do.
void signal(int event_fd) noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event_fd, &one, sizeof(one)));
}

void drain(int event_fd) noexcept {
  std::uint64_t count;
  static_cast<void>(!::read(event_fd, &count, sizeof(count)));
}

absl::Status unavailable(const char* call) {
  return absl::UnavailableError(absl::StrCat("io_uring: ", call, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> UringBackend::create(const UringForm& form,
                                                              const UringOptions& options) {
  auto ring = Ring::create({.rung = form.rung,
                            .ext_arg = form.ext_arg,
                            .submissions = options.submissions,
                            .completions = options.completions});
  if (!ring.ok()) return ring.status();
  if (options.restricted) {
    const absl::Status restricted = restrict(**ring);
    if (!restricted.ok()) return restricted;
  }
  std::unique_ptr<BufferRing> buffers;
  if (form.buffer_ring) {
    auto created = BufferRing::create(**ring, options.buffers);
    if (!created.ok()) return created.status();
    buffers = *std::move(created);
  }
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return unavailable("eventfd");
  Fd room_set(::epoll_create1(EPOLL_CLOEXEC));
  if (!room_set.valid()) return unavailable("epoll_create1");
  return std::unique_ptr<Backend>(new UringBackend(form, *std::move(ring), std::move(buffers),
                                                   std::move(event), std::move(room_set)));
}

UringBackend::UringBackend(const UringForm& form, std::unique_ptr<Ring> ring,
                           std::unique_ptr<BufferRing> buffers, Fd event, Fd room_set)
    : ring_(std::move(ring)),
      buffers_(std::move(buffers)),
      event_(std::move(event)),
      requests_(*ring_, form),
      receives_(requests_, buffers_.get(), counters_),
      accepts_(requests_),
      room_watch_(std::move(room_set)) {}

UringBackend::~UringBackend() {
  if (attached_) end_everything();
  if (buffers_ != nullptr) buffers_->unregister(*ring_);
  ring_.reset();
  buffers_.reset();  // the blocks go back only now that the kernel cannot write to them
}

void UringBackend::attach(Pool& pool, SlotTable&) {
  require(!attached_, "a backend was attached twice");
  const absl::Status enabled = ring_->enable();
  require(enabled.ok(), "io_uring: the ring could not be enabled on the loop's thread");
  attached_ = true;
  pool_ = &pool;
  receives_.attach(pool);
  requests_.arm_wake(event_.number());
}

Progress UringBackend::attempt(Op& op) noexcept {
  Slot& slot = *op.slot;
  if (slot.has(kSlotClosing | kSlotBroken) && op.code != OpCode::kClose) [[unlikely]] {
    op.complete(slot.has(kSlotClosing) ? Errc::closed : Errc::broken);
    return Progress::kCompleted;
  }
  switch (op.code) {
    case OpCode::kReceive:
      return receives_.receive(op);
    case OpCode::kRead:
      return receives_.read(op);
    case OpCode::kAccept:
      return accepts_.accept(op);
    case OpCode::kSend:
    case OpCode::kSendGather:
      return begin_write(op);
    case OpCode::kConnect:
      return begin_request(op, slot.writer);
    case OpCode::kPoll:
      return begin_request(op, (op.events & kPollIn) != 0 ? slot.reader : slot.writer);
    case OpCode::kShutdown:
      ++slot.table.calls;
      op.complete(::shutdown(slot.fd, op.how) == 0 ? Error() : Error::from_errno(errno));
      return Progress::kCompleted;
    case OpCode::kClose:
      return attempt_close(op);
  }
  return Progress::kCompleted;
}

Progress UringBackend::begin_write(Op& op) noexcept {
  op.done = 0;
  const bool is_empty = op.code == OpCode::kSend ? op.size == 0 : !position_of(op).has_value();
  if (is_empty) [[unlikely]] {
    op.complete({});
    return Progress::kCompleted;
  }
  return begin_request(op, op.slot->writer);
}

Progress UringBackend::begin_request(Op& op, Op*& place) noexcept {
  if (place != nullptr) [[unlikely]] {
    panic(op.code == OpCode::kPoll ? "two waits for the same readiness of one descriptor"
                                   : "two sends (or connects) at the same time on one descriptor");
  }
  place = &op;
  op.state = OpState::kHeld;
  requests_.begin(op);
  return Progress::kHeld;
}

// With 1000 busy connections, what their completions refer to is not in the first two caches.
static void fetch_ahead(std::uint64_t next, std::uint64_t later) noexcept {
  __builtin_prefetch(reinterpret_cast<const void*>(later & ~kTagMask));
  if (tag_of(next) != Tag::kReceives) return;
  // As a number: there may be no reader, and nothing is 64 bytes after that.
  const auto reader = reinterpret_cast<std::uintptr_t>(slot_of(next).reader);
  __builtin_prefetch(reinterpret_cast<const void*>(reader));
  __builtin_prefetch(reinterpret_cast<const void*>(reader + 64));
}

void UringBackend::turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept {
  ++counters_.turns;
  if (host_event_.valid()) {
    ++other_calls_;
    drain(host_event_.number());  // before the look: what comes now is new
  }
  completed.take(ended_);
  while (ReadyNode* node = submitted.pop_front()) submit(static_cast<Op&>(*node), completed);
  for (const Completion& completion : kept_) handle(completion, completed);
  kept_.clear();

  receives_.feed();
  enter(completed.empty(), pool_->patience(limits.wait));
  counters_.events += ring_->reap(
      limits.events, [&](const Completion& completion) { handle(completion, completed); },
      fetch_ahead);

  if (completed.empty()) {
    // Whoever polls poll_fd() may sleep now, so nothing may be left that only a turn submits.
    receives_.feed();
    if (ring_->pending() > 0) enter(false, {});
  }
  // What is left over was written before it was drained above.
  if (host_event_.valid() && (ring_->has_completions() || ring_->has_task_work())) {
    ++other_calls_;
    signal(host_event_.number());
  }
  counters_.calls = ring_->calls() + room_watch_.calls() + other_calls_;
}

int UringBackend::poll_fd() const noexcept {
  if (!host_event_.valid()) {
    Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    int number = event.number();
    if (number < 0 || ::io_uring_register_eventfd(&ring_->native(), number) < 0) return -1;
    host_event_ = std::move(event);
    host_number_.store(number, std::memory_order_release);
    // What is there already has not been written.
    signal(number);
  }
  return host_event_.number();
}

void UringBackend::enter(bool may_wait, Duration wait) noexcept {
  const bool waits = may_wait && wait != Duration(0) && !ring_->has_completions();
  if (!waits && ring_->pending() == 0 && !ring_->has_task_work()) return;
  counters_.overflows += ring_->has_overflown();
  ring_->enter(waits ? wait : Duration(0));
  counters_.changes = ring_->submitted();
  ++counters_.waits;
}

// What attempt() has queued: closes, and held ops that are to end early.
void UringBackend::submit(Op& op, OpQueue& completed) noexcept {
  Slot& slot = *op.slot;
  op.state = OpState::kHeld;
  if (op.code == OpCode::kClose) {
    begin_close(slot, completed);
  } else if (is_in_kernel(op)) {
    requests_.cancel(op);
  } else {
    forget(op);
    op.complete(Errc::canceled);
    completed.push_back(op);
  }
}

void UringBackend::wake() noexcept {
  signal(event_.number());
  const int host = host_number_.load(std::memory_order_acquire);
  if (host >= 0) signal(host);
}

// The eventfd is not read at each wake: every write ends in a completion, whatever was written
// before. Only an armed-anew poll would see what is old.
void UringBackend::on_wake(const Completion& completion, OpQueue& completed) noexcept {
  const int fd = wake_fd_of(completion.token);
  if (fd == room_watch_.fd()) {
    on_room(completed);
  } else if (completion.final()) {
    ++other_calls_;
    drain(fd);
  }
  if (!completion.final()) return;
  requests_.any_over();
  requests_.arm_wake(fd);
}

// A receive or accept waits for its slot's stream, and so does a read while that is armed; a writer
// may be in the room watch.
bool UringBackend::is_in_kernel(const Op& op) noexcept {
  switch (op.code) {
    case OpCode::kReceive:
    case OpCode::kAccept:
      return false;
    case OpCode::kRead:
      return !op.slot->has(kSlotArmed);
    default:
      return !(op.slot->has(kSlotWatched) && op.slot->writer == &op);
  }
}

void UringBackend::forget(Op& op) noexcept {
  Slot& slot = *op.slot;
  if (slot.reader == &op) receives_.forget_reader(slot);
  if (slot.writer == &op) {
    slot.writer = nullptr;
    slot.clear(kSlotPolled);
    if (slot.has(kSlotWatched)) room_watch_.forget(slot);
  }
}

}  // namespace rondo
