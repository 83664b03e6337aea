// SPDX-License-Identifier: MIT
#include "rondo/kernel/slot.h"

#include <unistd.h>

#include <new>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/buffer/pool.h"

namespace rondo {

void Op::note_failure(Error outcome) noexcept {
  if (slot != nullptr) slot->would_close = reason_of(outcome);
}

void CloseOp::run() noexcept {
  ReadyNode* told = std::exchange(waiter, nullptr);
  ReadyQueue* queue = waiter_queue;
  if (std::exchange(counted, false)) --slot->table.closing;
  slot->table.give_back(*slot);
  if (told != nullptr) queue->push_back(*told);
}

SlotTable::~SlotTable() {
  require(in_use_ == 0, "a loop was destroyed while a stream, listener or wait of it lives on");
  free_.clear();
  for (Slot* slot : by_index_) slot->~Slot();
}

bool SlotTable::grow() noexcept {
  auto bank = std::unique_ptr<Bank>(new (std::nothrow) Bank);
  if (bank == nullptr) return false;
  for (std::uint32_t i = 0; i < kPerBank; ++i) {
    Slot* slot = new (bank->memory + i * sizeof(Slot)) Slot(*this);
    slot->index = static_cast<std::uint32_t>(by_index_.size());
    by_index_.push_back(slot);
    free_.push_back(*slot);
  }
  banks_.push_back(std::move(bank));
  return true;
}

Slot* SlotTable::take(int fd) noexcept {
  if (free_.empty() && !grow()) return nullptr;
  Slot* slot = free_.pop_front();
  slot->fd = fd;
  ++in_use_;
  return slot;
}

void SlotTable::give_back(Slot& slot) noexcept {
  while (Block* block = slot.chunks.pop_front()) block->pool->give_back(*block);
  if (slot.accepted != nullptr) {
    for (int fd : *slot.accepted) ::close(fd);
    calls += slot.accepted->size();
    slot.accepted.reset();
  }
  slot.unlink();
  slot.fd = -1;
  ++slot.generation;
  slot.bits = 0;
  slot.trigger = Trigger::kDefault;
  slot.reader = slot.writer = nullptr;
  slot.stream_error = {};
  slot.queued = slot.in_flight = 0;
  slot.interest = 0;
  slot.would_close = CloseReason::kLocal;
  slot.closing.state = OpState::kIdle;
  slot.closing.flags = 0;
  slot.closing.error = {};
  free_.push_front(slot);
  --in_use_;
}

}  // namespace rondo
