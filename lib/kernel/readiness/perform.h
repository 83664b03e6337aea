// SPDX-License-Identifier: MIT
// Ops as system calls on non-blocking descriptors; the same for every readiness backend.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "kernel/direct_call.h"
#include "rondo/buffer/pool.h"
#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {

enum class Performed : std::uint8_t {
  kDone,        // the op has its result, and the descriptor may have more for the next one
  kDrained,     // the op has its result, and the call showed that there is no more for now
  kWouldBlock,  // nothing, or only a part, could be done; op.done says how much
  kNoBlock,     // the pool has no block to receive into
};

// Each performs `op` once; EINTR is repeated, never seen.
Performed perform_receive(Op& op, Pool& pool) noexcept;
Performed perform_read(Op& op) noexcept;
Performed perform_send(Op& op) noexcept;
Performed perform_send_gather(Op& op) noexcept;
Performed perform_accept(Op& op) noexcept;
Performed perform_connect(Op& op) noexcept;
Performed perform_shutdown(Op& op) noexcept;

// After a recv() that brought no bytes; `count` and errno are its results.
Performed received_nothing(Op& op, Pool& pool, ssize_t count) noexcept;
Performed read_nothing(Op& op, ssize_t count) noexcept;

// Here what happens with each message; what is rare (an error, an end, EINTR) is out of line.
inline Performed perform_receive(Op& op, Pool& pool) noexcept {
  Block* block = pool.take();
  if (block == nullptr) [[unlikely]] {
    return Performed::kNoBlock;
  }
  op.block = block;
  const std::size_t room = pool.block_bytes();
  ++op.slot->table.calls;
  const ssize_t count = direct_recv(op.slot->fd, block->data, room);
  if (count <= 0) [[unlikely]] {
    return received_nothing(op, pool, count);
  }
  const auto received = static_cast<std::size_t>(count);
  op.slot->table.bytes_moved += received;
  op.block->begin = 0;
  op.block->size = static_cast<std::uint32_t>(received);
  op.complete({});
  // Fewer bytes than there was room for: the receive queue is empty.
  return received < pool.block_bytes() ? Performed::kDrained : Performed::kDone;
}

inline Performed perform_read(Op& op) noexcept {
  ++op.slot->table.calls;
  const ssize_t count = direct_recv(op.slot->fd, op.memory, op.size);
  if (count <= 0) [[unlikely]] {
    return read_nothing(op, count);
  }
  op.done = static_cast<std::size_t>(count);
  op.slot->table.bytes_moved += op.done;
  op.complete({});
  return op.done < op.size ? Performed::kDrained : Performed::kDone;
}

}  // namespace rondo
