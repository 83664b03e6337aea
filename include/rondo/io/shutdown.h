// SPDX-License-Identifier: MIT
// Ending one direction of a stream, or both.
#pragma once

#include <sys/socket.h>

#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

enum class Direction : int { kReceive = SHUT_RD, kSend = SHUT_WR, kBoth = SHUT_RDWR };

// kSend: the peer sees the end of the stream after everything sent so far, and may go on sending
// (half close). kReceive and kBoth: a receive that waits ends with Errc::end_of_stream. Does not
// wait. ENOTCONN when the peer has reset the connection already.
class [[nodiscard]] Shutdown final : public Operation {
 public:
  Shutdown(Slot& stream, Direction direction) noexcept : Operation(OpCode::kShutdown, &stream) {
    how = static_cast<int>(direction);
  }

  Result<void> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return {};
  }
};

}  // namespace rondo
