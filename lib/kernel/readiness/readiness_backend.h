// SPDX-License-Identifier: MIT
// What epoll has in common with every other queue that reports readiness.
#pragma once

#include <cstdint>

#include "kernel/readiness/perform.h"
#include "rondo/kernel/backend.h"

namespace rondo {

// Bits of Slot::bits for readiness backends.
inline constexpr std::uint16_t kSlotHungUp = 1
                                             << (kSlotBackendShift + 0);  // no later edge will tell
inline constexpr std::uint16_t kSlotEdge = 1 << (kSlotBackendShift + 1);  // edge-triggered

// What the kernel reported of a descriptor: bits with the values of poll(2) and epoll.
inline constexpr std::uint32_t kReadyIn = 0x0001;
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
// The queue below says only which descriptors it watches, and reports events:
//   interest_changed(slot)   wants_read / wants_write / edge of the slot are not what they were
//   forget(slot)             the descriptor is about to be closed or given back to its owner
//   wait(...)                one kernel call; calls on_event() for each descriptor that it names
class ReadinessBackend : public Backend {
 public:
  void attach(Pool& pool, SlotTable& slots) override;
  Progress attempt(Op& op) noexcept final;
  Progress finish(Op& op) noexcept final;
  void turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept final;
  void retract(Op& op) noexcept final;
  bool blocking() const noexcept final { return false; }

 protected:
  // `edge`: whether slots without a trigger of their own are edge-triggered.
  explicit ReadinessBackend(bool edge) noexcept : edge_(edge) {}

  virtual void interest_changed(Slot& slot) noexcept = 0;
  virtual void forget(Slot& slot) noexcept = 0;
  virtual void wait(OpQueue& completed, const TurnLimits& limits) noexcept = 0;

  void on_event(Slot& slot, std::uint32_t ready, OpQueue& completed) noexcept {
    if (!slot.has(kSlotEdge)) [[unlikely]] {
      on_level_event(slot, ready, completed);
      return;
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
  // The kernel refused to watch the descriptor: whoever waits on it is told.
  void refuse(Slot& slot, Error error) noexcept;

  // Whether something has completed outside of wait(), so that waiting would delay it.
  bool has_ended() const noexcept { return !ended_.empty(); }
  SlotTable& slots() noexcept { return *slots_; }

 private:
  Progress begin_read(Op& op) noexcept;
  Progress begin_write(Op& op) noexcept;
  Progress begin_poll(Op& op) noexcept;
  Progress close(CloseOp& op) noexcept;
  Progress read(Op& op) noexcept;
  Progress write(Op& op) noexcept;
  Progress read_later(Op& op, Performed why) noexcept;
  Progress write_later(Op& op) noexcept;
  Progress hold(Op& op, Op*& place, std::uint16_t wish) noexcept;
  void want(Slot& slot, std::uint16_t bits) noexcept;
  void stop(Op& op, OpQueue& completed) noexcept;
  void end(Op*& waiting, Error error) noexcept;
  void wake_starved(OpQueue& completed) noexcept;
  void on_level_event(Slot& slot, std::uint32_t ready, OpQueue& completed) noexcept;
  void report(Op*& waiting, std::uint32_t ready, OpQueue& completed) noexcept;

  // The op is to be performed when it is dequeued. One that waits in a queue already, for a block
  // or to be stopped, has its turn coming.
  static void arm(Op& op, OpQueue& completed) noexcept {
    if (op.state != OpState::kHeld || op.linked()) return;
    op.state = OpState::kArmed;
    completed.push_back(op);
  }

  const bool edge_;
  Pool* pool_ = nullptr;
  SlotTable* slots_ = nullptr;
  OpQueue ended_;    // completed outside a turn; they go out with the next one
  OpQueue starved_;  // receives that wait for a block of the pool
};

}  // namespace rondo
