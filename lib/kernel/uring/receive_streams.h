// SPDX-License-Identifier: MIT
// Receiving: the multishot receives, the blocks they have filled, and who waits for them.
//
//                 receive()                 block and somebody waits: to him
//   not armed ---------------> armed ----+  block and nobody waits: into slot.chunks
//    ^   ^  ^                  |  |  ^---+
//    |   |  +-- ENOBUFS -------+  |         somebody waits: he starves, armed again in order when
//    |   |                        |         there are blocks; else armed by the next receive()
//    |   +----- overflow ---------+         armed again by the next receive()
//    +--------- ending (cancelled because kMostQueued blocks are queued, or closing) ---+
//
// Without multishot a receive ends after one block, like after an overflow. Without a buffer ring
// the pool is asked for a block when a receive is armed, and the receive starves if there is none.
//
//   end of stream and errors: slot.stream_error, for this and every later receive
//
// read() takes what is queued first. It waits for the stream where one is armed, as the bytes would
// go there; else it receives straight into the caller's memory.
//
// Invariant: while somebody waits (slot.reader), slot.chunks is empty and slot.stream_error unset.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernel/uring/buffer_ring.h"
#include "kernel/uring/requests.h"
#include "kernel/uring/slot_bits.h"
#include "rondo/base/list.h"
#include "rondo/buffer/pool.h"
#include "rondo/kernel/backend.h"

namespace rondo {

class ReceiveStreams {
 public:
  // Without `buffers`, each receive that waits has a block of its own.
  ReceiveStreams(Requests& requests, BufferRing* buffers, BackendCounters& counters) noexcept
      : requests_(requests), buffers_(buffers), counters_(counters) {}
  // The kernel must not write to a block any more.
  ~ReceiveStreams();

  void attach(Pool& pool) noexcept;

  // Attempts of kReceive and kRead.
  Progress receive(Op& op) noexcept;
  Progress read(Op& op) noexcept;

  // A completion of the slot's stream.
  void on_completion(Slot& slot, const Completion& completion, OpQueue& completed) noexcept {
    if (completion.result > 0) [[likely]] {
      deliver(slot, take_block(slot, completion), completion.result, completed);
    }
    if (completion.final()) [[unlikely]] {
      on_end(slot, completion, completed);
    }
  }

  // The last completion of a read's own request; `result` is recv(2)'s.
  void on_read(Op& op, int result) noexcept;

  // Whoever waits for the stream does not any longer.
  void forget_reader(Slot& slot) noexcept {
    slot.reader = nullptr;
    slot.unlink();
  }

  // Asks the slot's stream to end, if it is armed.
  void end(Slot& slot) noexcept;

  // Before each call to the kernel: lends what blocks there are, and arms the starved.
  void feed() noexcept {
    if (buffers_ != nullptr) [[likely]] {
      buffers_->refill();
    }
    if (ran_out_ || !starved_.empty()) [[unlikely]] {
      feed_starved();
    }
    // Whoever starved may have ended some other way than by a block.
    pool_->set_starving(!starved_.empty());
  }

 private:
  // Blocks queued on one stream before it is asked to end, so that a peer cannot take the pool.
  static constexpr unsigned kMostQueued = 8;
  // Lent before anybody has starved.
  static constexpr std::size_t kFirstLent = 256;

  // The block that a completion has filled, or has not needed.
  Block& take_block(Slot& slot, const Completion& completion) noexcept {
    if (buffers_ != nullptr) [[likely]] {
      return buffers_->take(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    }
    return *std::exchange(own_blocks_[slot.index], nullptr);
  }
  void arm(Slot& slot) noexcept;
  void arm_with(Slot& slot, Block& block) noexcept;
  void deliver(Slot& slot, Block& block, int size, OpQueue& completed) noexcept;
  void keep(Slot& slot, Block& block) noexcept;
  void on_end(Slot& slot, const Completion& completion, OpQueue& completed) noexcept;
  void copy_queued(Slot& slot, Op& op) noexcept;
  void feed_starved() noexcept;
  void arm_starved() noexcept;

  Requests& requests_;
  BufferRing* const buffers_;
  BackendCounters& counters_;
  Pool* pool_ = nullptr;
  std::size_t armed_ = 0;
  std::size_t most_lent_ = 0;  // what the pool has
  bool ran_out_ = false;       // of lent blocks, since the last feed_starved
  List<Slot> starved_;         // not armed, waited for; oldest first
  std::vector<Block*>
      own_blocks_;  // without buffers_: what each armed slot receives into, by index
};

}  // namespace rondo
