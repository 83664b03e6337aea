// SPDX-License-Identifier: MIT
// Sending: some, all, and all of several pieces.
#pragma once

#include <cstddef>
#include <span>

#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

// Hands the beginning of `bytes` to the kernel and gives how many, at least one unless `bytes` is
// empty. The memory must stay until then. One send at a time on a stream. Never raises SIGPIPE: a
// peer that is gone is EPIPE or ECONNRESET.
class [[nodiscard]] Send final : public Operation {
 public:
  Send(Slot& stream, std::span<const std::byte> bytes) noexcept
      : Operation(OpCode::kSend, &stream) {
    memory = const_cast<std::byte*>(bytes.data());  // only read from
    size = bytes.size();
  }

  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self,
                 [this](Slot& stream) { return stream.can_send_now() && send_now(*this); });
  }
  Result<std::size_t> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return done;
  }
};

// Hands all of `bytes` to the kernel, however long that takes the peer. Gives how many went, and
// what ended it if that was not all: an error, or a stop.
class [[nodiscard]] SendAll final : public Operation {
 public:
  SendAll(Slot& stream, std::span<const std::byte> bytes) noexcept
      : Operation(OpCode::kSend, &stream) {
    memory = const_cast<std::byte*>(bytes.data());  // only read from
    size = bytes.size();
    flags = kOpAll;
  }

  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self,
                 [this](Slot& stream) { return stream.can_send_now() && send_now(*this); });
  }
  Transfer await_resume() noexcept { return Transfer{done, consume()}; }
};

// The same for several pieces, in one call to the kernel where that can carry them. The array of
// pieces and what they point to must stay until the end.
class [[nodiscard]] SendGather final : public Operation {
 public:
  SendGather(Slot& stream, std::span<const iovec> pieces) noexcept
      : Operation(OpCode::kSendGather, &stream) {
    parts = pieces.data();
    size = pieces.size();
    flags = kOpAll;
  }

  Transfer await_resume() noexcept { return Transfer{done, consume()}; }
};

}  // namespace rondo
