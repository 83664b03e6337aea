// SPDX-License-Identifier: MIT
// Ops as system calls on non-blocking descriptors; the same for every readiness backend.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

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

// What a receive that brought no bytes means.
Performed receive_ended(Op& op, ssize_t count, int error) noexcept;

inline ssize_t receive_into(Slot& slot, std::byte* memory, std::size_t size) noexcept {
  ssize_t count;
  do {
    ++slot.table.calls;
    count = ::recv(slot.fd, memory, size, 0);
  } while (count < 0 && errno == EINTR);
  return count;
}

inline Performed perform_receive(Op& op, Pool& pool) noexcept {
  Block* block = pool.take();
  if (block == nullptr) [[unlikely]] {
    return Performed::kNoBlock;
  }
  const std::size_t room = pool.block_bytes();
  const ssize_t count = receive_into(*op.slot, block->data, room);
  if (count <= 0) [[unlikely]] {
    const int error = errno;
    pool.give_back(*block);
    return receive_ended(op, count, error);
  }
  const auto received = static_cast<std::size_t>(count);
  op.slot->table.bytes_moved += received;
  block->begin = 0;
  block->size = static_cast<std::uint32_t>(received);
  op.block = block;
  op.complete({});
  // Fewer bytes than there was room for: the receive queue is empty.
  return received < room ? Performed::kDrained : Performed::kDone;
}

inline Performed perform_read(Op& op) noexcept {
  const ssize_t count = receive_into(*op.slot, op.memory, op.size);
  if (count <= 0) [[unlikely]] {
    return receive_ended(op, count, errno);
  }
  op.done = static_cast<std::size_t>(count);
  op.slot->table.bytes_moved += op.done;
  op.complete({});
  return op.done < op.size ? Performed::kDrained : Performed::kDone;
}

}  // namespace rondo
