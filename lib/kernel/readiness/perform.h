// SPDX-License-Identifier: MIT
// The switch that turns an Op into a system call; the same for every readiness backend.
#pragma once

#include <cstdint>

#include "rondo/buffer/pool.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/op.h"

namespace rondo {

enum class Performed : std::uint8_t {
  kDone,        // the op has its result, and the descriptor may have more for the next one
  kDrained,     // the op has its result, and the call showed that there is no more for now
  kWouldBlock,  // nothing, or only a part, could be done; op.done says how much
  kNoBlock,     // the pool has no block to receive into
};

// Performs `op` once on its slot's non-blocking descriptor; EINTR is repeated, never seen.
Performed perform(Op& op, Pool& pool, BackendCounters& counters) noexcept;

}  // namespace rondo
