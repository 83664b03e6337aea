// SPDX-License-Identifier: MIT
#include "rondo/io/operation.h"

#include <unistd.h>

#include "rondo/base/assert.h"
#include "rondo/buffer/pool.h"

namespace rondo {

bool Operation::begin(TaskContext& context, std::coroutine_handle<> self) noexcept {
  context_ = &context;
  Loop& loop = loop_of(context);
  require(slot != nullptr, "an operation on a stream or listener that is closed or moved from");
  require(&slot->table == &loop.slots(),
          "an operation on a stream of another loop; streams are used on their own loop only");
  require(state == OpState::kIdle, "an operation was awaited twice");
  if (context.stop_requested()) [[unlikely]] {
    complete(Errc::canceled);
    return false;
  }
  switch (loop.backend().attempt(*this)) {
    case Progress::kCompleted:
      if (loop.may_complete_inline()) return false;
      [[fallthrough]];  // others first
    case Progress::kArmed:
      loop.ready().push_back(*this);
      break;
    case Progress::kHeld:
      break;
    case Progress::kQueue:
      state = OpState::kQueued;
      loop.submitted().push_back(*this);
      break;
  }
  context.suspend(*this, self);
  return true;
}

void Operation::run() noexcept {
  if (state == OpState::kArmed) {
    Loop& loop = loop_of(*context_);
    switch (loop.backend().attempt(*this)) {
      case Progress::kCompleted:
        break;
      case Progress::kArmed:
        loop.ready().push_back(*this);
        return;
      case Progress::kHeld:
      case Progress::kQueue:
        return;
    }
  }
  context_->resume();
}

void Operation::stop() noexcept { loop_of(*context_).cancel(*this); }

// The frame goes while the operation is under way, or before its result was read.
void Operation::abandon() noexcept {
  const OpState was = std::exchange(state, OpState::kIdle);
  if (was == OpState::kHeld || was == OpState::kArmed) {
    state = was;
    loop_of(*context_).backend().retract(*this);
    return;
  }
  if (was != OpState::kDone || error) return;
  switch (code) {
    case OpCode::kAccept:
      ::close(descriptor);
      return;
    case OpCode::kReceive:
      block->pool->give_back(*block);
      slot->set(kSlotBroken);
      return;
    case OpCode::kRead:
      slot->set(kSlotBroken);
      return;
    default:
      return;
  }
}

const char* Operation::what() const noexcept {
  switch (code) {
    case OpCode::kAccept:
      return "accept";
    case OpCode::kConnect:
      return "connect";
    case OpCode::kReceive:
      return "receive";
    case OpCode::kRead:
      return "read";
    case OpCode::kSend:
    case OpCode::kSendGather:
      return "send";
    case OpCode::kShutdown:
      return "shutdown";
    case OpCode::kPoll:
      return "wait for readiness";
    case OpCode::kClose:
      return "close";
  }
  return "operation";
}

}  // namespace rondo
