// SPDX-License-Identifier: MIT
// What epoll, poll and select have in common: they report readiness, and we do the rest.
#pragma once

#include <cstdint>

#include "kernel/readiness/accept_burst.h"
#include "kernel/readiness/perform.h"
#include "rondo/kernel/backend.h"

namespace rondo {

// Bits of Slot::bits for readiness backends.
inline constexpr std::uint16_t kSlotHungUp = 0x100;   // no later edge will tell
inline constexpr std::uint16_t kSlotEdge = 0x200;     // edge-triggered
inline constexpr std::uint16_t kSlotOneShot = 0x400;  // silent after an event
// Urgent data came: recv(2) stops at its mark, so fewer bytes than asked for do not mean that no
// more are there.
inline constexpr std::uint16_t kSlotMarked = 0x800;
static_assert(kSlotHungUp == 1 << kSlotBackendShift);
// How the descriptor is watched, and for what.
inline constexpr std::uint16_t kSlotWatch =
    kSlotWantsRead | kSlotWantsWrite | kSlotEdge | kSlotOneShot;

// What the kernel reported of a descriptor: bits with the values of poll(2) and epoll.
inline constexpr std::uint32_t kReadyIn = 0x0001;
inline constexpr std::uint32_t kReadyUrgent = 0x0002;
inline constexpr std::uint32_t kReadyOut = 0x0004;
inline constexpr std::uint32_t kReadyError = 0x0008;
inline constexpr std::uint32_t kReadyHangUp = 0x0010;
inline constexpr std::uint32_t kReadyPeerDone = 0x2000;  // the peer has finished sending
inline constexpr std::uint32_t kReadyEnd = kReadyError | kReadyHangUp | kReadyPeerDone;

// Performs the system calls itself. Life of a receive:
//
//   await -> held in slot.reader -> event: armed, into `completed` -> dequeued: recv() -> resume
//
// and of a send: await -> send() at once -> (would block: held in slot.writer -> event -> again).
//
// Descriptors are level-triggered: watched for reading as long as somebody reads, for writing only
// after a short write. What is reported and nobody waits for is no longer watched from then on (it
// would be reported again and again), until somebody waits again. Changes are gathered and made
// right before the wait, so that what comes and goes within a turn costs nothing. (epoll has two
// more modes: edge-triggered, which never changes anything, and one-shot.)
//
// The queue below says only which descriptors it watches, and reports events:
//   apply(slot)   watches the descriptor for what kSlotWatch of its bits says now, or refuse()s
//   drop(slot)    watches it no longer: nobody waits for it, or it is about to be closed
//   wait(...)     one kernel call; on_event() for each descriptor that it names
// slot.interest is theirs: 0 while the descriptor is not watched at all.
class ReadinessBackend : public Backend {
 public:
  void attach(Pool& pool, SlotTable& slots) override;
  Progress attempt(Op& op) noexcept final;
  Progress finish(Op& op) noexcept final;
  void turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept final;
  void retract(Op& op) noexcept final;
  Release release(Slot& slot) noexcept final;
  bool blocking() const noexcept final { return false; }

 protected:
  virtual void apply(Slot& slot) noexcept = 0;
  virtual void drop(Slot& slot) noexcept = 0;
  virtual void wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept = 0;
  // kSlotEdge, kSlotOneShot, or 0 for level-triggered: asked when a descriptor is first watched.
  virtual std::uint16_t mode_of(const Slot&) const noexcept { return 0; }

  void on_event(Slot& slot, std::uint32_t ready, OpQueue& completed) noexcept {
    if ((slot.bits & (kSlotEdge | kSlotOneShot)) == 0) {
      // Mostly there is something for a receive that waits for it, and nothing else to heed.
      if (ready == kReadyIn && awaits_event(slot.reader) && slot.reader->code != OpCode::kPoll)
          [[likely]] {
        arm(*slot.reader, completed);
        return;
      }
      on_level_event(slot, ready, completed);
      return;
    }
    if (slot.has(kSlotOneShot)) [[unlikely]] {
      on_one_shot_event(slot, ready, completed);
      return;
    }
    if ((ready & kReadyUrgent) != 0) [[unlikely]] {
      slot.set(kSlotMarked);
    }
    if ((ready & (kReadyIn | kReadyEnd)) != 0) {
      slot.set((ready & kReadyEnd) != 0 ? kSlotReadable | kSlotHungUp : kSlotReadable);
      if (slot.reader != nullptr) arm(*slot.reader, completed);
    }
    if ((ready & (kReadyOut | kReadyEnd)) != 0) {
      slot.clear(kSlotUnwritable);
      if (slot.writer != nullptr) arm(*slot.writer, completed);
    }
  }
  // For what is reported of descriptors that are level-triggered.
  void on_level_event(Slot& slot, std::uint32_t ready, OpQueue& completed) noexcept;
  // The descriptor cannot be watched: whoever waits on it is told.
  void refuse(Slot& slot, Error error) noexcept;
  // A loop that is turned from outside has something for its next turn.
  virtual void tell_host() noexcept {}
  // wait() failed: passes over what is no fault of ours.
  void wait_failed(int error, Duration limit) noexcept;

  SlotTable& slots() noexcept { return *slots_; }

 private:
  Progress begin_read(Op& op) noexcept;
  Progress begin_write(Op& op) noexcept;
  Progress begin_poll(Op& op) noexcept;
  Progress close(CloseOp& op) noexcept;
  Progress read(Op& op) noexcept;
  Progress write(Op& op) noexcept;
  Progress accepted(Slot& slot, bool failed) noexcept;
  Progress read_later(Op& op, Performed why) noexcept;
  Progress write_later(Op& op) noexcept;
  Progress hold(Op& op, Op*& place, std::uint16_t wish) noexcept;
  void want(Slot& slot, std::uint16_t bits) noexcept;
  void interest_changed(Slot& slot) noexcept;
  void flush_changes() noexcept;
  void forget(Slot& slot) noexcept;
  void stop(Op& op, OpQueue& completed) noexcept;
  void end(Op*& waiting, Error error) noexcept;
  void wake_starved(OpQueue& completed) noexcept;
  void on_one_shot_event(Slot& slot, std::uint32_t ready, OpQueue& completed) noexcept;
  void report(Op*& waiting, std::uint32_t ready, OpQueue& completed) noexcept;

  // An event takes it further. One that waits in a queue, for a block or to be stopped, has its
  // turn coming; one that is armed already runs soon.
  static bool awaits_event(const Op* op) noexcept {
    return op != nullptr && op->state == OpState::kHeld && !op->linked();
  }
  // An event changes nothing, now or soon: there is no op, or it waits for something else.
  static bool heeds_no_event(const Op* op) noexcept {
    return op == nullptr || (op->state == OpState::kHeld && op->linked());
  }
  // The op is to be performed when it is dequeued.
  static void arm(Op& op, OpQueue& completed) noexcept {
    if (!awaits_event(&op)) return;
    op.state = OpState::kArmed;
    completed.push_back(op);
  }

  Pool* pool_ = nullptr;
  SlotTable* slots_ = nullptr;
  List<Slot> changed_;  // watched for something else than they should be
  OpQueue ended_;       // completed outside a turn; they go out with the next one
  OpQueue starved_;     // receives that wait for a block of the pool
  AcceptBurst burst_;   // of all listeners: that they are busy is true of the loop
};

}  // namespace rondo
