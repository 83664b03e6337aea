// SPDX-License-Identifier: MIT
// Sending within the process: some, all, and all of several pieces.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>

#include "rondo/base/result.h"
#include "rondo/io/memory_operation.h"

namespace rondo {

// As Send: EPIPE when the peer has gone or receives no more.
class [[nodiscard]] MemorySend final : public MemoryOperation {
 public:
  MemorySend(MemoryEnd& stream, std::span<const std::byte> bytes) noexcept
      : MemoryOperation(Role::kSends, stream), bytes_(bytes) {}

  Result<std::size_t> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return done_;
  }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "send"; }
  void describe(WaitDetails& details) const noexcept override {
    details.bytes = bytes_.size() - done_;
  }

  std::span<const std::byte> bytes_;
};

// As SendAll.
class [[nodiscard]] MemorySendAll final : public MemoryOperation {
 public:
  MemorySendAll(MemoryEnd& stream, std::span<const std::byte> bytes) noexcept
      : MemoryOperation(Role::kSends, stream), bytes_(bytes) {}

  Transfer await_resume() noexcept { return Transfer{done_, consume()}; }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "send"; }
  void describe(WaitDetails& details) const noexcept override {
    details.bytes = bytes_.size() - done_;
  }

  std::span<const std::byte> bytes_;
};

// As SendGather.
class [[nodiscard]] MemorySendGather final : public MemoryOperation {
 public:
  MemorySendGather(MemoryEnd& stream, std::span<const iovec> pieces) noexcept
      : MemoryOperation(Role::kSends, stream), pieces_(pieces) {}

  Transfer await_resume() noexcept { return Transfer{done_, consume()}; }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "send"; }
  void describe(WaitDetails& details) const noexcept override {
    for (const iovec& piece : pieces_) details.bytes += piece.iov_len;
    details.bytes -= gone_of_first_;
  }

  std::span<const iovec> pieces_;  // that have not gone, the first perhaps in part
  std::size_t gone_of_first_ = 0;
};

}  // namespace rondo
