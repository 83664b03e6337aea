// SPDX-License-Identifier: MIT
#include "kernel/uring/buffer_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

namespace rondo {

absl::StatusOr<std::unique_ptr<BufferRing>> BufferRing::create(Ring& ring, unsigned entries) {
  void* memory = ::mmap(nullptr, entries * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return uring_error("mmap of the buffer ring", errno);
  std::unique_ptr<BufferRing> buffers(
      new BufferRing(static_cast<io_uring_buf_ring*>(memory), entries));
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  registration.ring_entries = entries;
  registration.bgid = kGroup;
  const int outcome = ::io_uring_register_buf_ring(&ring.native(), &registration, 0);
  if (outcome < 0) return uring_error("io_uring_register(PBUF_RING)", -outcome);
  return buffers;
}

BufferRing::BufferRing(io_uring_buf_ring* memory, unsigned entries)
    : memory_(memory), entries_(entries), blocks_(entries) {
  free_ids_.reserve(entries);
  for (unsigned id = entries; id-- > 0;) free_ids_.push_back(static_cast<std::uint16_t>(id));
}

BufferRing::~BufferRing() {
  for (Block* block : blocks_) {
    if (block != nullptr) pool_->give_back(*block);
  }
  ::munmap(memory_, entries_ * sizeof(io_uring_buf));
}

void BufferRing::attach(Pool& pool, std::size_t lent) noexcept {
  pool_ = &pool;
  wanted_ = std::min<std::size_t>(lent, entries_);
  refill();
}

void BufferRing::grow(std::size_t most) noexcept {
  wanted_ = std::max(wanted_, std::min({wanted_ * 2, most, std::size_t{entries_}}));
}

void BufferRing::lend() noexcept {
  const unsigned mask = entries_ - 1;
  const auto bytes = static_cast<std::uint32_t>(pool_->block_bytes());
  while (lent_ < wanted_) {
    Block* block = pool_->take();
    if (block == nullptr) break;
    const std::uint16_t id = free_ids_.back();
    free_ids_.pop_back();
    blocks_[id] = block;
    io_uring_buf& entry = memory_->bufs[tail_++ & mask];
    entry.addr = reinterpret_cast<std::uint64_t>(block->data);
    entry.len = bytes;
    entry.bid = id;
    ++lent_;
  }
  // One release for the whole batch: the kernel sees the entries before the new end.
  __atomic_store_n(&memory_->tail, tail_, __ATOMIC_RELEASE);
}

void BufferRing::unregister(Ring& ring) noexcept {
  ::io_uring_unregister_buf_ring(&ring.native(), kGroup);
}

}  // namespace rondo
