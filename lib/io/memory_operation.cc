// SPDX-License-Identifier: MIT
#include "rondo/io/memory_operation.h"

#include <chrono>

#include "rondo/base/assert.h"
#include "rondo/buffer/pool.h"

namespace rondo {
namespace {

// Blocks come back from anywhere, and the pool tells only the backend.
constexpr Duration kStarvingPause = std::chrono::milliseconds(1);

}  // namespace

bool MemoryOperation::begin(TaskContext& context, std::coroutine_handle<> self) noexcept {
  Loop& loop = loop_of(context);
  require(state_ == State::kIdle, context,
          "an operation was awaited that is being awaited already");
  require(&end_->loop() == &loop, context,
          "an operation on a stream of another loop; streams are used on their own loop only");
  context_ = &context;
  if (context.stop_requested()) [[unlikely]] {
    complete(Errc::canceled);
    return false;
  }
  if (MemoryOperation** taken = place()) {
    require(*taken == nullptr, context,
            role_ == Role::kReceives ? "two receives at the same time on one stream"
                                     : "two sends at the same time on one stream");
  }
  step();
  if (state_ == State::kDone) {
    if (loop.may_complete_inline()) return false;
    loop.ready().push_back(*this);  // others first
  }
  context.suspend(*this, self);
  return true;
}

// Performs what can be, and waits for the rest.
void MemoryOperation::step() noexcept {
  if (end_->closed || end_->broken) [[unlikely]] {
    return complete(end_->closed ? Errc::closed : Errc::broken);
  }
  const Step done = perform();
  if (done == Step::kDone) return complete(error_);
  if (stopped_) return complete(Errc::canceled);
  *place() = this;
  state_ = State::kWaiting;
  if (done == Step::kNoBlock) {
    state_ = State::kStarving;
    Loop& loop = end_->loop();
    loop.timers().arm(*this, after(loop.now(), kStarvingPause));
  }
}

MemoryOperation::Step MemoryOperation::wait_for_bytes() noexcept {
  if (!end_->has_heard_all()) return Step::kMustWait;
  error_ = Errc::end_of_stream;
  return Step::kDone;
}

void MemoryOperation::complete(Error error) noexcept {
  if (MemoryOperation** held = place(); held != nullptr && *held == this) *held = nullptr;
  error_ = error;
  state_ = State::kDone;
}

MemoryOperation** MemoryOperation::place() noexcept {
  switch (role_) {
    case Role::kReceives:
      return &end_->receiver;
    case Role::kSends:
      return &end_->sender;
    case Role::kNeither:
      return nullptr;
  }
  return nullptr;
}

void MemoryOperation::wake() noexcept {
  if (state_ != State::kWaiting) return;
  state_ = State::kWoken;
  end_->loop().ready().push_back(*this);
}

void MemoryOperation::fail(Error error) noexcept {
  Loop& loop = end_->loop();
  loop.timers().cancel(*this);  // or out of the ready queue
  complete(error);
  loop.ready().push_back(*this);
}

void MemoryOperation::run() noexcept {
  if (state_ != State::kDone) {
    step();
    if (state_ != State::kDone) return;
  }
  context_->resume();
}

void MemoryOperation::stop() noexcept {
  switch (state_) {
    case State::kWaiting:
    case State::kStarving:
      fail(Errc::canceled);
      return;
    case State::kWoken:
      stopped_ = true;  // what it was woken for is delivered
      return;
    case State::kIdle:
    case State::kDone:
      return;
  }
}

// The frame goes while the operation is under way, or before its result was read.
void MemoryOperation::abandon() noexcept {
  if (MemoryOperation** held = place(); held != nullptr && *held == this) *held = nullptr;
  if (block_ != nullptr) block_->pool->give_back(*block_);
  // A part of a message has gone, and nothing sent after it could be understood; or what was
  // received is lost.
  const bool finished = state_ == State::kDone;
  const bool loses_bytes = role_ == Role::kSends ? !finished : finished && !error_;
  if (loses_bytes && done_ != 0) end_->broken = true;
}

}  // namespace rondo
