// SPDX-License-Identifier: MIT
// Slot: what a loop knows of one descriptor. SlotTable: where slots live.
//
//   | links | fd generation counts bits | reader | writer | table | interest error |  a cache line
//   | chunks | index | accepted | closing Op |      what streams of completions and the end need
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rondo/base/list.h"
#include "rondo/buffer/block.h"
#include "rondo/kernel/close_reason.h"
#include "rondo/kernel/op.h"

namespace rondo {

class SlotTable;
struct Slot;

// How an epoll loop learns of readiness: told once when it begins (kEdge), told while it lasts and
// somebody waits (kLevel), or told once and then nothing until an operation waits again (kOneShot,
// for descriptors whose handling is offloaded). Other backends ignore it.
enum class Trigger : std::uint8_t { kDefault, kEdge, kLevel, kOneShot };

// The Op that closes a slot; part of the slot, so that closing never needs memory.
class CloseOp final : public Op {
 public:
  explicit CloseOp(Slot& owner) noexcept : Op(OpCode::kClose, &owner) {}

  // The descriptor is closed: frees the slot, and wakes who waits for that.
  void run() noexcept override;
  const char* what() const noexcept override { return "close"; }

  ReadyNode* waiter = nullptr;  // made ready once closed
  ReadyQueue* waiter_queue = nullptr;
  bool counted = false;  // in SlotTable::closing
};

// Bits of Slot::bits.
inline constexpr std::uint16_t kSlotListener = 1 << 0;
inline constexpr std::uint16_t kSlotClosing = 1 << 1;  // refuses new ops
inline constexpr std::uint16_t kSlotBroken = 1 << 2;   // bytes were lost: every later op fails
inline constexpr std::uint16_t kSlotForeign = 1 << 3;  // the descriptor is not ours to close
// What is known of readiness; io_uring has no use for these.
inline constexpr std::uint16_t kSlotReadable = 1 << 4;    // a read may find something
inline constexpr std::uint16_t kSlotUnwritable = 1 << 5;  // the last send found no room
inline constexpr std::uint16_t kSlotWantsRead = 1 << 6;   // watched for reading
inline constexpr std::uint16_t kSlotWantsWrite = 1 << 7;  // watched for writing
inline constexpr int kSlotBackendShift = 8;               // bits from here on are the backend's own

// Address-stable and pooled. One per descriptor; used by the loop's thread only. A slot is `chunks`
// plus at most one waiting reader (accept, receive, read, poll-in) and one writer (connect, send,
// poll-out); a second one at the same time is misuse.
struct alignas(64) Slot : ListNode<> {
  explicit Slot(SlotTable& owner) noexcept : table(owner), closing(*this) {}

  // What a request needs, in one cache line.
  int fd = -1;
  std::uint32_t generation = 0;  // goes up when the slot is freed: stale events find nobody
  std::uint16_t queued = 0;      // blocks in `chunks`
  std::uint16_t in_flight = 0;   // requests that the kernel still holds
  std::uint16_t bits = 0;
  Trigger trigger = Trigger::kDefault;
  CloseReason would_close = CloseReason::kLocal;  // how it would be counted if it was closed now
  Op* reader = nullptr;
  Op* writer = nullptr;
  SlotTable& table;
  std::uint32_t interest = 0;  // readiness: the backend's note of its watch; 0 for none
  Error stream_error;          // what ended the stream of chunks or connections; 0 while it runs

  List<Block> chunks;       // received and not yet asked for (io_uring's multishot)
  std::uint32_t index = 0;  // in the table; with the generation it names the slot for good
  std::unique_ptr<std::vector<int>> accepted;  // connections accepted and not yet asked for
  CloseOp closing;

  // Short cuts past the backend. A receive that has only to be put into `reader`, because the
  // descriptor is watched and nothing is there:
  bool can_hold_reader() const noexcept {
    const int relevant = kSlotWantsRead | kSlotReadable | kSlotClosing | kSlotBroken;
    return (bits & relevant) == kSlotWantsRead && reader == nullptr;
  }
  // A send that can be performed where it is awaited:
  bool can_send_now() const noexcept;

  bool has(std::uint16_t bit) const noexcept { return (bits & bit) != 0; }
  void set(int bit) noexcept { bits = static_cast<std::uint16_t>(bits | bit); }
  void clear(int bit) noexcept { bits = static_cast<std::uint16_t>(bits & ~bit); }
};

// All slots of a loop. Grows, never shrinks; addresses stay.
class SlotTable {
 public:
  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  ~SlotTable();

  // A slot for `fd`; nullptr when memory is out.
  Slot* take(int fd) noexcept;
  // Gives it back: queued chunks go to their pool, accepted connections are closed.
  void give_back(Slot& slot) noexcept;

  // The slot that had this name when it was given, or nullptr if that one is gone.
  Slot* find(std::uint32_t index, std::uint32_t generation) noexcept {
    if (index >= by_index_.size()) return nullptr;
    Slot* slot = by_index_[index];
    return slot->generation == generation ? slot : nullptr;
  }

  std::size_t in_use() const noexcept { return in_use_; }

  // Since the beginning. Plain numbers, because every request counts here: the loop makes them
  // known to other threads once a turn.
  std::uint64_t bytes_moved = 0;  // received and sent; a turn's budget looks at it
  std::uint64_t bytes_sent = 0;   // those of them that were sent
  std::uint64_t calls = 0;        // system calls for operations and closes

  void count_sent(std::size_t bytes) noexcept {
    bytes_moved += bytes;
    bytes_sent += bytes;
  }

  // Whether sends are performed at the await (readiness) or go through the backend's queue.
  bool sends_at_await = false;

  // Slots whose closing waits for the kernel; counted by who submits and by CloseOp::run.
  std::size_t closing = 0;

  template <class Visit>
  void for_each(Visit&& visit) {
    for (Slot* slot : by_index_) {
      if (slot->fd >= 0) visit(*slot);
    }
  }

 private:
  static constexpr std::uint32_t kPerBank = 64;
  struct Bank;

  bool grow() noexcept;

  std::vector<std::unique_ptr<Bank>> banks_;
  std::vector<Slot*> by_index_;
  List<Slot> free_;
  std::size_t in_use_ = 0;
};

// A bank of slots, in one piece of memory.
struct SlotTable::Bank {
  alignas(Slot) std::byte memory[kPerBank * sizeof(Slot)];
};

inline bool Slot::can_send_now() const noexcept {
  const int obstacles = kSlotUnwritable | kSlotClosing | kSlotBroken;
  return table.sends_at_await && (bits & obstacles) == 0 && writer == nullptr;
}

}  // namespace rondo
