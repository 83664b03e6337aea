// SPDX-License-Identifier: MIT
// Ending a stream within the process, in one direction or for good.
#pragma once

#include <utility>

#include "rondo/base/result.h"
#include "rondo/io/memory_operation.h"

namespace rondo {

// As Shutdown. After kReceive and kBoth the peer's sends fail with EPIPE. Never fails because the
// peer has gone.
class [[nodiscard]] MemoryShutdown final : public MemoryOperation {
 public:
  MemoryShutdown(MemoryEnd& stream, Direction direction) noexcept
      : MemoryOperation(Role::kNeither, stream), direction_(direction) {}

  Result<void> await_resume() noexcept {
    const Error outcome = consume();
    if (outcome) return outcome;
    return {};
  }

 private:
  Step perform() noexcept override;
  const char* what() const noexcept override { return "shutdown"; }

  Direction direction_;
};

// As Close. Never suspends.
class [[nodiscard]] MemoryClose final {
 public:
  // Of nothing there is nothing to close.
  explicit MemoryClose(MemoryEndRef stream) noexcept : end_(std::move(stream)) {}
  MemoryClose(MemoryClose&&) noexcept = default;
  ~MemoryClose() { close(); }

  bool await_ready() const noexcept { return true; }
  template <class Handle>
  void await_suspend(Handle) const noexcept {}
  void await_resume() noexcept { close(); }

 private:
  void close() noexcept {
    if (end_) end_->close();
    end_ = {};
  }

  MemoryEndRef end_;
};

}  // namespace rondo
