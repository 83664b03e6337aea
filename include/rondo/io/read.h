// SPDX-License-Identifier: MIT
// Receiving into the caller's memory.
#pragma once

#include <cstddef>
#include <span>

#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

// Fills the beginning of `memory` with the next bytes, at least one, and gives how many. The memory
// must stay until the read has ended. Errc::end_of_stream at the end. An empty span is misuse. One
// receive or read at a time on a stream; the two may alternate.
class [[nodiscard]] Read final : public Operation {
 public:
  Read(Slot& stream, std::span<std::byte> into) noexcept : Operation(OpCode::kRead, &stream) {
    require(!into.empty(), "read: there is no room in an empty span");
    memory = into.data();
    size = into.size();
  }

  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self, [this](Slot& stream) { return hold_in(stream); });
  }
  Result<std::size_t> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return done;
  }
};

}  // namespace rondo
