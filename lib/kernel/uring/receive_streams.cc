// SPDX-License-Identifier: MIT
#include "kernel/uring/receive_streams.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

void wait_as_reader(Op& op) noexcept {
  require(op.slot->reader == nullptr,
          "two receives (or accepts) at the same time on one descriptor");
  op.slot->reader = &op;
  op.state = OpState::kHeld;
}

// Ends of a stream that are not the peer's or the network's doing: arming it again goes on.
bool may_go_on(int result) noexcept {
  return result > 0 || result == -ENOBUFS || result == -ECANCELED || result == -EINTR ||
         result == -EAGAIN;
}

Error error_of(int result) noexcept {
  return result == 0 ? Error(Errc::end_of_stream) : Error::from_errno(-result);
}

}  // namespace

void ReceiveStreams::attach(Pool& pool) noexcept {
  pool_ = &pool;
  // One stays at home for those who receive in memory.
  most_lent_ = std::max<std::size_t>(pool.max_blocks(), 2) - 1;
  if (buffers_ != nullptr) buffers_->attach(pool, std::min(kFirstLent, most_lent_));
}

ReceiveStreams::~ReceiveStreams() {
  for (Block* block : own_blocks_) {
    if (block != nullptr) block->pool->give_back(*block);
  }
}

void ReceiveStreams::arm(Slot& slot) noexcept {
  if (buffers_ == nullptr) [[unlikely]] {
    Block* block = pool_->take();
    if (block != nullptr) return arm_with(slot, *block);
    ++counters_.no_buffers;
    starved_.push_back(slot);
    return;
  }
  slot.set(kSlotArmed);
  ++armed_;
  requests_.arm_receives(slot);
}

void ReceiveStreams::arm_with(Slot& slot, Block& block) noexcept {
  slot.set(kSlotArmed);
  ++armed_;
  if (slot.index >= own_blocks_.size()) own_blocks_.resize(slot.index + 1);
  own_blocks_[slot.index] = &block;
  requests_.arm_receive(slot, block);
}

void ReceiveStreams::end(Slot& slot) noexcept {
  if (!slot.has(kSlotArmed)) return;
  slot.set(kSlotEnding);
  requests_.cancel_stream(slot, Tag::kReceives);
}

Progress ReceiveStreams::receive(Op& op) noexcept {
  Slot& slot = *op.slot;
  if (slot.queued > 0) {
    --slot.queued;
    op.block = slot.chunks.pop_front();
    op.complete({});
    return Progress::kCompleted;
  }
  if (slot.stream_error) [[unlikely]] {
    op.complete(slot.stream_error);
    return Progress::kCompleted;
  }
  wait_as_reader(op);
  if (!slot.has(kSlotArmed)) arm(slot);
  return Progress::kHeld;
}

Progress ReceiveStreams::read(Op& op) noexcept {
  Slot& slot = *op.slot;
  op.done = 0;
  if (slot.queued > 0) {
    copy_queued(slot, op);
    op.complete({});
    return Progress::kCompleted;
  }
  if (slot.stream_error) [[unlikely]] {
    op.complete(slot.stream_error);
    return Progress::kCompleted;
  }
  wait_as_reader(op);
  if (!slot.has(kSlotArmed)) requests_.begin(op);
  return Progress::kHeld;
}

void ReceiveStreams::on_read(Op& op, int result) noexcept {
  Slot& slot = *op.slot;
  slot.reader = nullptr;
  if (result > 0) {
    op.done = static_cast<std::size_t>(result);
    op.slot->table.bytes_moved += op.done;
    op.complete({});
    return;
  }
  if (!may_go_on(result)) slot.stream_error = error_of(result);
  op.complete(error_of(result));
}

void ReceiveStreams::deliver(Slot& slot, Block& block, int size, OpQueue& completed) noexcept {
  block.begin = 0;
  block.size = static_cast<std::uint32_t>(size);
  slot.table.bytes_moved += block.size;
  Op* reader = slot.reader;
  if (reader == nullptr) {
    keep(slot, block);
    return;
  }
  slot.reader = nullptr;
  if (reader->code == OpCode::kReceive) [[likely]] {
    reader->block = &block;
  } else {
    slot.chunks.push_back(block);
    ++slot.queued;
    copy_queued(slot, *reader);
  }
  reader->complete({});
  completed.push_back(*reader);
}

// Small pieces that nobody has asked for yet join the one before them where they fit: copying them
// is cheaper than handling each, and a peer that sends single bytes cannot take a block for each.
void ReceiveStreams::keep(Slot& slot, Block& block) noexcept {
  if (slot.queued > 0) {
    Block& last = slot.chunks.back();
    if (last.size + block.size <= pool_->block_bytes()) {
      std::memcpy(last.data + last.size, block.data, block.size);
      last.size += block.size;
      pool_->give_back(block);
      return;
    }
  }
  slot.chunks.push_back(block);
  if (++slot.queued >= kMostQueued && !slot.has(kSlotEnding)) end(slot);
}

void ReceiveStreams::copy_queued(Slot& slot, Op& op) noexcept {
  while (slot.queued > 0 && op.done < op.size) {
    Block& block = slot.chunks.front();
    const auto size = static_cast<std::uint32_t>(
        std::min<std::size_t>(block.size - block.begin, op.size - op.done));
    std::memcpy(op.memory + op.done, block.data + block.begin, size);
    op.done += size;
    block.begin += size;
    if (block.begin < block.size) return;
    block.unlink();
    --slot.queued;
    pool_->give_back(block);
  }
}

void ReceiveStreams::on_end(Slot& slot, const Completion& completion, OpQueue& completed) noexcept {
  --armed_;
  slot.clear(kSlotArmed | kSlotEnding);
  requests_.over(slot);
  const int result = completion.result;
  const bool had_block = buffers_ == nullptr || (completion.flags & IORING_CQE_F_BUFFER) != 0;
  if (result <= 0 && had_block) pool_->give_back(take_block(slot, completion));
  if (result == -ENOBUFS && buffers_ != nullptr) {
    ++counters_.no_buffers;
    ran_out_ = true;
  }
  if (!may_go_on(result)) slot.stream_error = error_of(result);

  Op* reader = slot.reader;
  if (reader == nullptr) return;
  if (slot.stream_error) {
    slot.reader = nullptr;
    reader->complete(slot.stream_error);
    completed.push_back(*reader);
  } else if (reader->code == OpCode::kRead) {
    requests_.begin(*reader);
  } else if (result == -ENOBUFS && buffers_ != nullptr) {
    starved_.push_back(slot);
  } else {
    arm(slot);
  }
}

// A receive that is armed while nothing is lent fails at once, so no more are armed than there are
// blocks for. How many receives are armed is what is known of how many connections are busy.
void ReceiveStreams::feed_starved() noexcept {
  if (buffers_ == nullptr) return arm_starved();
  if (ran_out_) {
    ran_out_ = false;
    std::size_t waiting = 0;
    starved_.for_each([&waiting](Slot&) { ++waiting; });
    buffers_->grow(std::min(most_lent_, 2 * (armed_ + waiting)));
  }
  // Before the look at the pool: a block that another thread returns later will wake us.
  pool_->set_starving(true);
  buffers_->refill();
  for (std::size_t left = buffers_->lent(); left > 0 && !starved_.empty(); --left) {
    arm(*starved_.pop_front());
  }
}

void ReceiveStreams::arm_starved() noexcept {
  pool_->set_starving(true);  // before the look at the pool, as above
  while (!starved_.empty()) {
    Block* block = pool_->take();
    if (block == nullptr) return;
    arm_with(*starved_.pop_front(), *block);
  }
}

}  // namespace rondo
