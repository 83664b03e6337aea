// SPDX-License-Identifier: MIT
// The receive blocks that are lent to the kernel.
//
//   pool --refill--> lent: ring of {address, size, id} --kernel takes the oldest--> completion (id)
//    ^                                                                                  |
//    +------------ the user's Chunk <---------- stream <----------- take(id) -----------+
//
// A block that has been received into leaves for good; a free one of the pool takes its place
// before the next call to the kernel, and the pool hands out the one that came back last, which is
// hot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernel/uring/ring.h"
#include "rondo/buffer/pool.h"

namespace rondo {

class BufferRing {
 public:
  // The number by which receives name it; a ring has just this one.
  static constexpr std::uint16_t kGroup = 0;

  // Registers an empty one with room for `entries` blocks, a power of two up to 32768.
  static absl::StatusOr<std::unique_ptr<BufferRing>> create(Ring& ring, unsigned entries);

  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;
  ~BufferRing();

  // Where blocks come from from now on, and how many are to be lent at first.
  void attach(Pool& pool, std::size_t lent) noexcept;

  // The block that a completion names, now the caller's.
  Block& take(unsigned id) noexcept {
    Block* block = blocks_[id];
    blocks_[id] = nullptr;
    free_ids_.push_back(static_cast<std::uint16_t>(id));
    --lent_;
    return *block;
  }

  // Lends what is missing, as far as the pool has it.
  void refill() noexcept {
    if (lent_ < wanted_) lend();
  }

  // Lends twice as many from now on, but not more than `most`.
  void grow(std::size_t most) noexcept;

  // Lent and, as far as completions have told, not yet received into.
  std::size_t lent() const noexcept { return lent_; }

  // The kernel takes no more blocks from now on; it may still write to those it has taken.
  void unregister(Ring& ring) noexcept;

 private:
  BufferRing(io_uring_buf_ring* memory, unsigned entries);

  void lend() noexcept;

  io_uring_buf_ring* const memory_;
  const unsigned entries_;
  Pool* pool_ = nullptr;
  std::size_t lent_ = 0;
  std::size_t wanted_ = 0;
  std::uint16_t tail_ = 0;
  std::vector<Block*> blocks_;           // by id; those that are lent
  std::vector<std::uint16_t> free_ids_;  // last in, first out: few ids stay in use
};

}  // namespace rondo
