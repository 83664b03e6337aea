// SPDX-License-Identifier: MIT
// Closing a descriptor and waiting until it is closed.
#pragma once

#include <coroutine>
#include <utility>

#include "rondo/base/ready.h"
#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"

namespace rondo {

// Resumes when nothing is in flight on the descriptor any more and its number is free. Operations
// that wait on it elsewhere end with Errc::closed. A stop request does not shorten it, and a frame
// destroyed meanwhile does not undo it.
class [[nodiscard]] Close final : private ReadyNode {
 public:
  // Of a slot of `loop`; of nullptr there is nothing to close.
  Close(Loop* loop, Slot* slot) noexcept : loop_(loop), slot_(slot) {}
  Close(Close&& other) noexcept : loop_(other.loop_), slot_(std::exchange(other.slot_, nullptr)) {}
  // One that was never awaited closes all the same; nobody is told when.
  ~Close() {
    if (slot_ != nullptr && !has_begun_) loop_->close(*slot_, nullptr);
    // Once closed, the slot may belong to another descriptor.
    if (waits_ && slot_->closing.waiter == this) slot_->closing.waiter = nullptr;
  }

  bool await_ready() const noexcept { return slot_ == nullptr; }
  template <TaskPromise Promise>
  void await_suspend(std::coroutine_handle<Promise> self) noexcept {
    context_ = &self.promise().context();
    require(!waits_, *context_, "a close was awaited that is being awaited already");
    require(&context_->runner() == loop_, *context_,
            "it closes a stream or listener of another loop; go back there first");
    context_->suspend(*this, self);
    has_begun_ = waits_ = true;
    loop_->close(*slot_, this);
  }
  void await_resume() const noexcept {}

 private:
  void run() noexcept override {
    waits_ = false;
    context_->resume();
  }
  const char* what() const noexcept override { return "close"; }

  Loop* loop_;
  Slot* slot_;
  TaskContext* context_ = nullptr;
  bool has_begun_ = false;
  bool waits_ = false;
};

}  // namespace rondo
