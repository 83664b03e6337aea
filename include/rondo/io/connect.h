// SPDX-License-Identifier: MIT
// Connecting a socket.
#pragma once

#include <sys/socket.h>

#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

// Connects the slot's socket; the address must stay until the end. After a failure, a stop
// included, the socket is of no further use (man 2 connect: "close the socket and make a new one").
class [[nodiscard]] Connect final : public Operation {
 public:
  Connect(Slot& socket, const sockaddr* peer, socklen_t length) noexcept
      : Operation(OpCode::kConnect, &socket) {
    address = peer;
    size = length;
  }

  Result<void> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return {};
  }
};

}  // namespace rondo
