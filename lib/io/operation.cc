// SPDX-License-Identifier: MIT
#include "rondo/io/operation.h"

#include <span>

#include "base/probe.h"
#include "rondo/base/assert.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/pool.h"

namespace rondo {

void Operation::refuse(const TaskContext& context) const noexcept {
  panic_about(context, state != OpState::kIdle
                           ? "an operation was awaited that is being awaited already"
                           : "an operation on a stream of another loop; streams are used on their "
                             "own loop only");
}

void Operation::end_before_it_began() noexcept {
  if (age == age_of_slot()) return complete(Errc::canceled);
  error = Errc::closed;  // and nothing for the slot to know
  state = OpState::kDone;
}

// Lets the backend take the first step, or puts it into the queue where that is taken.
void Operation::attempt(Loop& loop) noexcept {
  if (slot->reader != nullptr || slot->writer != nullptr) require_alone();
  const Progress progress = loop.backend().attempt(*this);
  if (progress == Progress::kQueue) {
    state = OpState::kQueued;
    loop.submitted().push_back(*this);
  } else if (progress == Progress::kArmed) {
    loop.ready().push_back(*this);
  }
}

// The backends refuse a second one too, but do not know whose it is.
void Operation::require_alone() const noexcept {
  if (slot->has(kSlotClosing) || slot->has(kSlotBroken)) return;  // it will not wait
  switch (code) {
    case OpCode::kAccept:
    case OpCode::kReceive:
    case OpCode::kRead:
      require(slot->reader == nullptr, *context_,
              "two receives (or accepts) at the same time on one descriptor");
      return;
    case OpCode::kConnect:
    case OpCode::kSend:
    case OpCode::kSendGather:
      require(slot->writer == nullptr, *context_,
              "two sends (or connects) at the same time on one descriptor");
      return;
    case OpCode::kPoll:
      require(((events & kPollIn) != 0 ? slot->reader : slot->writer) == nullptr, *context_,
              "two waits for the same readiness of one descriptor");
      return;
    case OpCode::kShutdown:
    case OpCode::kClose:
      return;
  }
}

void Operation::run() noexcept {
  // A send that was performed now has told of itself.
  [[maybe_unused]] const bool has_told = state == OpState::kArmed && code == OpCode::kSend;
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
  if (!has_told) {
    RONDO_PROBE(complete, slot->fd, static_cast<int>(code), error.number(), done);
  }
  context_->resume();
}

void Operation::prefetch() const noexcept {
  __builtin_prefetch(slot);
  context_->prefetch();
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

void Operation::describe(WaitDetails& details) const noexcept {
  details.descriptor = slot->fd;
  if (code == OpCode::kSend) details.bytes = size - done;
  if (code == OpCode::kSendGather) {
    for (const iovec& part : std::span(parts, size)) details.bytes += part.iov_len;
    details.bytes -= done;
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
