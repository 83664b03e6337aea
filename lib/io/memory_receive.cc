// SPDX-License-Identifier: MIT
#include "rondo/io/memory_receive.h"

namespace rondo {

MemoryOperation::Step MemoryReceive::perform() noexcept {
  if (end().inbox.empty()) return wait_for_bytes();
  Pool& pool = end().loop().pool();
  Block* block = pool.take();
  if (block == nullptr) [[unlikely]] {
    return Step::kNoBlock;
  }
  done_ = end().take({block->data, pool.block_bytes()});
  block->begin = 0;
  block->size = static_cast<std::uint32_t>(done_);
  block_ = block;
  return Step::kDone;
}

MemoryOperation::Step MemoryRead::perform() noexcept {
  if (end().inbox.empty()) return wait_for_bytes();
  done_ = end().take(into_);
  return Step::kDone;
}

}  // namespace rondo
