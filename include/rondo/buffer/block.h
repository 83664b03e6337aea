// SPDX-License-Identifier: MIT
// One pooled receive buffer, seen by backends; users meet it as a Chunk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rondo/base/list.h"

namespace rondo {

class Pool;

// The description of a buffer; the bytes lie elsewhere, so that handling blocks does not touch
// pages that nothing was received into. Belongs to the pool, to a backend (lent to the kernel or
// queued on a stream), or to a Chunk.
struct Block : ListNode<> {
  Pool* pool = nullptr;
  std::byte* data = nullptr;
  std::uint32_t begin = 0;     // bytes of it already consumed
  std::uint32_t size = 0;      // bytes received into it, the consumed ones included
  Block* next_mail = nullptr;  // the pool's: among the free ones, or on the way home
};

}  // namespace rondo
