// SPDX-License-Identifier: MIT
// Receiving into a buffer of the loop.
#pragma once

#include "rondo/base/result.h"
#include "rondo/buffer/chunk.h"
#include "rondo/io/operation.h"

namespace rondo {

// Gives the next bytes as a leased Chunk, at least one; nothing is leased while there are none. At
// the end of the stream: Errc::end_of_stream, and so again for every later receive. One receive or
// read at a time on a stream.
class [[nodiscard]] Receive final : public Operation {
 public:
  explicit Receive(Slot& stream) noexcept : Operation(OpCode::kReceive, &stream) {}

  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self, [this](Slot& stream) { return hold_in(stream); });
  }
  Result<Chunk> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return *block;
  }
};

}  // namespace rondo
