// SPDX-License-Identifier: MIT
// What all awaitable operations have in common.
#pragma once

#include <coroutine>
#include <utility>

#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"
#include "rondo/loop/this_loop.h"

namespace rondo {

// An Op that a coroutine awaits. It lives in the awaiting frame; the stream or listener that it is
// on must outlive it, which is so when both are in one frame or the stream is in a frame that
// joins.
//
// Resumes on its loop's thread, in the same turn if the result is there at once, else in the turn
// that gets it. A stop request ends it with Errc::canceled, unless its result was quicker: then
// that is delivered. When the frame is destroyed in mid-operation the kernel is made to let go
// first; if bytes were lost that way, the stream is broken and says so (Errc::broken).
class Operation : public Op {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  bool await_ready() const noexcept { return false; }

  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self, [](Slot&) { return false; });
  }

  void run() noexcept override;
  void prefetch() const noexcept override;
  void stop() noexcept override;
  const char* what() const noexcept override;
  void describe(WaitDetails& details) const noexcept override;

 protected:
  Operation(OpCode code_, Slot* slot_) noexcept : Op(code_, slot_) { age = age_of_slot(); }
  // Only before it has begun: so that an operation can be passed on to with_timeout or when_any.
  Operation(Operation&& other) noexcept : Op(other.code, other.slot) {
    require(other.state == OpState::kIdle, "an operation was moved after it had begun");
    flags = other.flags;
    age = other.age;
    memory = other.memory;  // the union's widest member
    size = other.size;
  }
  ~Operation() {
    if (state != OpState::kIdle) [[unlikely]] {
      abandon();
    }
  }

  // Takes the operation's first step; true when the coroutine stays suspended. `shortcut(slot)` may
  // take that step instead of the backend: true when it has completed or held the operation.
  template <class Shortcut>
  bool begin(TaskContext& context, std::coroutine_handle<> self, Shortcut&& shortcut) noexcept {
    Loop& loop = loop_of(context);
    if (&slot->table != &loop.slots() || state != OpState::kIdle) [[unlikely]] {
      refuse(context);
    }
    context_ = &context;
    if (context.stop_requested() || age != age_of_slot()) [[unlikely]] {
      end_before_it_began();
      return false;
    }
    if (!shortcut(*slot)) attempt(loop);
    if (state == OpState::kDone) {
      if (loop.may_complete_inline()) return false;
      loop.ready().push_back(*this);  // others first
    }
    context.suspend(*this, self);
    return true;
  }

  // The shortcut of receives.
  bool hold_in(Slot& stream) noexcept {
    if (!stream.can_hold_reader()) return false;
    stream.reader = this;
    state = OpState::kHeld;
    return true;
  }

  // In await_resume: the result is being read, nothing is left to clean up.
  Error consume() noexcept {
    state = OpState::kIdle;
    return error;
  }

 private:
  // Out of line, so that begin() is small enough to become part of the coroutine.
  [[noreturn]] void refuse(const TaskContext& context) const noexcept;
  void attempt(Loop& loop) noexcept;
  void require_alone() const noexcept;
  void end_before_it_began() noexcept;
  // A slot whose stream was closed may be another stream's by the time that the operation begins.
  std::uint8_t age_of_slot() const noexcept { return static_cast<std::uint8_t>(slot->generation); }
  void abandon() noexcept;

  TaskContext* context_;  // set when it begins; nothing reads it earlier
};

}  // namespace rondo
