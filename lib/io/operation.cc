// SPDX-License-Identifier: MIT
#include "rondo/io/operation.h"

#include "rondo/base/assert.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/pool.h"

namespace rondo {

// Into the queue where its next step is taken.
void Operation::enqueue(Loop& loop, Progress progress) noexcept {
  if (progress == Progress::kQueue) {
    state = OpState::kQueued;
    loop.submitted().push_back(*this);
  } else {
    loop.ready().push_back(*this);
  }
}

void Operation::run() noexcept {
  if (state == OpState::kArmed) {
    Loop& loop = loop_of(*context_);
    switch (loop.backend().finish(*this)) {
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
      static_cast<void>(Fd(descriptor));
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
