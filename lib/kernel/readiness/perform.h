// SPDX-License-Identifier: MIT
// Ops as system calls on non-blocking descriptors; the same for every readiness backend.
#pragma once

#include <cstdint>

#include "rondo/buffer/pool.h"
#include "rondo/kernel/op.h"

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

}  // namespace rondo
