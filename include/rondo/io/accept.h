// SPDX-License-Identifier: MIT
// Accepting a connection.
#pragma once

#include <utility>

#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

// Gives the next connection's descriptor: CLOEXEC, and in the blocking mode that the loop's backend
// wants. What went wrong with a single connection before it was accepted is passed over; EMFILE,
// ENFILE, ENOBUFS and ENOMEM come out here, and accepting again at once would only fail again.
class [[nodiscard]] Accept final : public Operation {
 public:
  explicit Accept(Slot& listener) noexcept : Operation(OpCode::kAccept, &listener) {}

  Result<Fd> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return Fd(descriptor);
  }
};

}  // namespace rondo
