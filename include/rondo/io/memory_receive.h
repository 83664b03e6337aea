// SPDX-License-Identifier: MIT
// Receiving within the process, into a buffer of the loop and into the caller's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rondo/base/result.h"
#include "rondo/buffer/chunk.h"
#include "rondo/buffer/pool.h"
#include "rondo/io/memory_operation.h"

namespace rondo {

// As Receive. While the loop's pool has no block to spare it waits, and looks again every
// millisecond.
class [[nodiscard]] MemoryReceive final : public MemoryOperation {
 public:
  explicit MemoryReceive(MemoryEnd& stream) noexcept : MemoryOperation(Role::kReceives, stream) {}

  Result<Chunk> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return *block_;
  }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "receive"; }
};

// As Read.
class [[nodiscard]] MemoryRead final : public MemoryOperation {
 public:
  MemoryRead(MemoryEnd& stream, std::span<std::byte> into) noexcept
      : MemoryOperation(Role::kReceives, stream), into_(into) {
    require(!into.empty(), "read: there is no room in an empty span");
  }

  Result<std::size_t> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return done_;
  }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "read"; }

  std::span<std::byte> into_;
};

}  // namespace rondo
