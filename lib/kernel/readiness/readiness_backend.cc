// SPDX-License-Identifier: MIT
#include "kernel/readiness/readiness_backend.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/probe.h"
#include "kernel/readiness/perform.h"
#include "kernel/readiness/time_limit.h"
#include "rondo/base/assert.h"

namespace rondo {
namespace {

Progress done(Op& op, Error error) noexcept {
  op.complete(error);
  return Progress::kCompleted;
}

}  // namespace

void ReadinessBackend::attach(Pool& pool, SlotTable& slots) {
  pool_ = &pool;
  slots_ = &slots;
  slots.sends_at_await = true;
}

Progress ReadinessBackend::attempt(Op& op) noexcept {
  Slot& slot = *op.slot;
  if ((slot.bits & (kSlotClosing | kSlotBroken)) != 0) [[unlikely]] {
    if (op.code == OpCode::kClose) return close(static_cast<CloseOp&>(op));
    return done(op, slot.has(kSlotClosing) ? Errc::closed : Errc::broken);
  }
  switch (op.code) {
    case OpCode::kReceive:
    case OpCode::kRead:
    case OpCode::kAccept:
      return begin_read(op);
    case OpCode::kSend:
    case OpCode::kSendGather:
    case OpCode::kConnect:
      return begin_write(op);
    case OpCode::kPoll:
      return begin_poll(op);
    case OpCode::kShutdown:
      perform_shutdown(op);
      return Progress::kCompleted;
    case OpCode::kClose:
      return close(static_cast<CloseOp&>(op));
  }
  return Progress::kCompleted;
}

Progress ReadinessBackend::finish(Op& op) noexcept {
  return op.slot->reader == &op ? read(op) : write(op);
}

Progress ReadinessBackend::begin_read(Op& op) noexcept {
  Slot& slot = *op.slot;
  require(slot.reader == nullptr, "two receives (or accepts) at the same time on one descriptor");
  if (slot.has(kSlotReadable)) {
    slot.reader = &op;
    op.state = OpState::kArmed;
    return Progress::kArmed;
  }
  return hold(op, slot.reader, kSlotWantsRead);
}

Progress ReadinessBackend::begin_write(Op& op) noexcept {
  Slot& slot = *op.slot;
  require(slot.writer == nullptr, "two sends (or connects) at the same time on one descriptor");
  if (slot.has(kSlotUnwritable)) return hold(op, slot.writer, kSlotWantsWrite);
  return write(op);
}

// For descriptors that belong to others: their readiness, and nothing else, is what is waited for.
Progress ReadinessBackend::begin_poll(Op& op) noexcept {
  Slot& slot = *op.slot;
  const bool reads = (op.events & kPollIn) != 0;
  Op*& place = reads ? slot.reader : slot.writer;
  require(place == nullptr, "two waits for the same readiness of one descriptor");
  return hold(op, place, reads ? kSlotWantsRead : kSlotWantsWrite);
}

Progress ReadinessBackend::hold(Op& op, Op*& place, std::uint16_t wish) noexcept {
  place = &op;
  op.state = OpState::kHeld;
  want(*op.slot, wish);
  return Progress::kHeld;
}

void ReadinessBackend::want(Slot& slot, std::uint16_t bits) noexcept {
  if ((slot.bits & bits) == bits) return;
  if ((slot.bits & kSlotWatch) == 0 && slot.interest == 0) slot.set(mode_of(slot));
  // Edge-triggered: watched for everything from the beginning, and never changed again.
  if (slot.has(kSlotEdge)) bits = kSlotWantsRead | kSlotWantsWrite;
  slot.set(bits);
  interest_changed(slot);
}

void ReadinessBackend::interest_changed(Slot& slot) noexcept {
  if (!slot.linked()) changed_.push_back(slot);
}

void ReadinessBackend::flush_changes() noexcept {
  while (Slot* slot = changed_.pop_front()) {
    // Hang-ups are reported whatever one asks for, so what nobody waits for is not watched at all.
    const bool wanted = (slot->bits & (kSlotWantsRead | kSlotWantsWrite)) != 0;
    wanted ? apply(*slot) : forget(*slot);
  }
}

void ReadinessBackend::forget(Slot& slot) noexcept {
  slot.unlink();
  if (slot.interest != 0) drop(slot);
  slot.interest = 0;
  slot.clear(kSlotWatch);
}

Progress ReadinessBackend::read(Op& op) noexcept {
  Slot& slot = *op.slot;
  RONDO_PROBE(submit, slot.fd, static_cast<int>(op.code));
  const Performed performed = op.code == OpCode::kReceive ? perform_receive(op, *pool_)
                              : op.code == OpCode::kRead  ? perform_read(op)
                                                          : perform_accept(op);
  if (performed == Performed::kDrained) [[likely]] {
    slot.reader = nullptr;
    // After a hang-up no further edge announces the end of the stream, so the bit stays.
    if ((slot.bits & (kSlotHungUp | kSlotMarked)) == 0) slot.clear(kSlotReadable);
    return Progress::kCompleted;
  }
  if (performed == Performed::kDone) {
    slot.reader = nullptr;
    if (slot.has(kSlotListener)) return accepted(slot, static_cast<bool>(op.error));
    // More may be there: the next receive is performed without waiting for an event.
    slot.set(kSlotReadable);
    return Progress::kCompleted;
  }
  return read_later(op, performed);
}

Progress ReadinessBackend::accepted(Slot& slot, bool failed) noexcept {
  const bool follows = slot.has(kSlotReadable);
  slot.clear(kSlotReadable);
  if (failed) {
    burst_.ended();
  } else if (burst_.accepted(follows)) {
    slot.set(kSlotReadable);
  }
  return Progress::kCompleted;
}

Progress ReadinessBackend::read_later(Op& op, Performed why) noexcept {
  Slot& slot = *op.slot;
  const bool is_stopped = (op.flags & kOpStop) != 0;
  if (why == Performed::kNoBlock && !is_stopped) {
    op.state = OpState::kHeld;
    starved_.push_back(op);
    pool_->set_starving(true);
    return Progress::kHeld;
  }
  if (why != Performed::kNoBlock) slot.clear(kSlotReadable);
  if (slot.has(kSlotListener)) burst_.ended();
  if (is_stopped) {
    slot.reader = nullptr;
    return done(op, Errc::canceled);
  }
  return hold(op, slot.reader, kSlotWantsRead);
}

Progress ReadinessBackend::write(Op& op) noexcept {
  const Performed performed = op.code == OpCode::kSend         ? perform_send(op)
                              : op.code == OpCode::kSendGather ? perform_send_gather(op)
                                                               : perform_connect(op);
  if (performed == Performed::kWouldBlock) [[unlikely]] {
    return write_later(op);
  }
  op.slot->writer = nullptr;
  return Progress::kCompleted;
}

Progress ReadinessBackend::write_later(Op& op) noexcept {
  Slot& slot = *op.slot;
  slot.set(kSlotUnwritable);
  if ((op.flags & kOpStop) != 0) {
    slot.writer = nullptr;
    return done(op, Errc::canceled);
  }
  return hold(op, slot.writer, kSlotWantsWrite);
}

Progress ReadinessBackend::close(CloseOp& op) noexcept {
  Slot& slot = *op.slot;
  slot.set(kSlotClosing);
  end(slot.reader, Errc::closed);
  end(slot.writer, Errc::closed);
  forget(slot);
  if (!slot.has(kSlotForeign)) {
    ++slot.table.calls;
    ::close(slot.fd);
  }
  return done(op, {});
}

void ReadinessBackend::end(Op*& waiting, Error error) noexcept {
  if (waiting == nullptr) return;
  Op& op = *std::exchange(waiting, nullptr);
  op.unlink();
  op.complete(error);
  ended_.push_back(op);
  tell_host();
}

void ReadinessBackend::refuse(Slot& slot, Error error) noexcept {
  forget(slot);
  end(slot.reader, error);
  end(slot.writer, error);
}

void ReadinessBackend::retract(Op& op) noexcept {
  Slot& slot = *op.slot;
  op.unlink();
  if (slot.reader == &op) slot.reader = nullptr;
  if (slot.writer == &op) slot.writer = nullptr;
  // A part of a message has gone: nothing sent after it could be understood.
  if ((op.code == OpCode::kSend || op.code == OpCode::kSendGather) && op.done != 0) {
    slot.set(kSlotBroken);
  }
}

// What is readable stays readable for the one who watches it next.
Release ReadinessBackend::release(Slot& slot) noexcept {
  forget(slot);
  return Release::kDone;
}

void ReadinessBackend::stop(Op& op, OpQueue& completed) noexcept {
  Slot& slot = *op.slot;
  if (slot.reader == &op) slot.reader = nullptr;
  if (slot.writer == &op) slot.writer = nullptr;
  op.complete(Errc::canceled);
  completed.push_back(op);
}

void ReadinessBackend::wake_starved(OpQueue& completed) noexcept {
  // One a turn: it may take the only free block, and the next turn comes at once.
  if (pool_->has_free()) {
    auto& op = static_cast<Op&>(*starved_.pop_front());
    op.state = OpState::kArmed;
    completed.push_back(op);
  }
}

void ReadinessBackend::turn(OpQueue& submitted, OpQueue& completed,
                            const TurnLimits& limits) noexcept {
  ++counters_.turns;
  while (ReadyNode* node = submitted.pop_front()) {
    // Only held ops that are to end early come this way: new ones are attempted at the await.
    auto& op = static_cast<Op&>(*node);
    stop(op, completed);
  }
  if (!starved_.empty()) [[unlikely]] {
    wake_starved(completed);
  }
  // Whoever starved may have ended some other way than by a block.
  pool_->set_starving(!starved_.empty());
  flush_changes();
  // What has completed already, or was refused just now, must not wait for the kernel.
  const bool more = !completed.empty() || !ended_.empty();
  wait(completed, more ? Duration(0) : pool_->patience(limits.wait),
       std::max<std::size_t>(limits.events, 1));
  completed.take(ended_);
}

void ReadinessBackend::wait_failed(int error, Duration limit) noexcept {
  // A signal; the loop comes round again.
  if (error == EINTR) return;
  require(error == ENOMEM, "the kernel refused the arguments of a wait");
  // It will pass; until then not at full speed.
  if (limit == Duration(0)) return;
  ++counters_.calls;
  const TimeLimit pause(std::chrono::milliseconds(1));
  ::nanosleep(pause.native(), nullptr);
}

// A wait for readiness has its result with the event.
void ReadinessBackend::report(Op*& waiting, std::uint32_t ready, OpQueue& completed) noexcept {
  if (waiting == nullptr) return;
  if (waiting->code != OpCode::kPoll) {
    arm(*waiting, completed);
    return;
  }
  if (waiting->linked()) return;  // it is being stopped
  Op& op = *std::exchange(waiting, nullptr);
  op.events = static_cast<short>(ready & (kReadyIn | kReadyOut | kReadyError | kReadyHangUp));
  op.complete({});
  completed.push_back(op);
}

// An op that is armed already, but has not run yet, keeps its interest; one that waits for a block
// would only hear again and again that there is something for it.
void ReadinessBackend::on_level_event(Slot& slot, std::uint32_t ready,
                                      OpQueue& completed) noexcept {
  const bool read = (ready & (kReadyIn | kReadyEnd)) != 0;
  const bool write = (ready & (kReadyOut | kReadyEnd)) != 0;
  std::uint16_t unwanted = 0;
  if (read && heeds_no_event(slot.reader)) unwanted |= kSlotWantsRead;
  // Write interest lasts for one wait, read interest until nobody reads.
  if (write) unwanted |= kSlotWantsWrite;
  if (read) report(slot.reader, ready, completed);
  if (write) {
    slot.clear(kSlotUnwritable);
    report(slot.writer, ready, completed);
  }
  if ((slot.bits & unwanted) != 0) {
    slot.clear(unwanted);
    interest_changed(slot);
  }
}

// The kernel watches the descriptor for nothing any more, until somebody waits again: those for
// whom there was nothing, at once.
void ReadinessBackend::on_one_shot_event(Slot& slot, std::uint32_t ready,
                                         OpQueue& completed) noexcept {
  slot.clear(kSlotWantsRead | kSlotWantsWrite);
  if ((ready & (kReadyIn | kReadyEnd)) != 0) report(slot.reader, ready, completed);
  if ((ready & (kReadyOut | kReadyEnd)) != 0) {
    slot.clear(kSlotUnwritable);
    report(slot.writer, ready, completed);
  }
  if (awaits_event(slot.reader)) want(slot, kSlotWantsRead);
  if (awaits_event(slot.writer)) want(slot, kSlotWantsWrite);
}

}  // namespace rondo
