// SPDX-License-Identifier: MIT
// What the operations of a stream within the process have in common.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "rondo/base/error.h"
#include "rondo/buffer/block.h"
#include "rondo/coro/task.h"
#include "rondo/io/memory_end.h"
#include "rondo/loop/this_loop.h"
#include "rondo/loop/timers.h"

namespace rondo {

// Promises what Operation does for sockets: resumes on its loop's thread, in the same turn if the
// result is there at once; a stop request ends it with Errc::canceled unless its result was
// quicker; its frame may go in mid-operation, and if bytes were lost that way the stream is broken.
//
// It waits at its end until the other one wakes it, and is performed when its turn in the ready
// queue has come: a receive takes its block then, so that one block stays hot however many receive.
class MemoryOperation : private Timer {
 public:
  MemoryOperation(const MemoryOperation&) = delete;
  MemoryOperation& operator=(const MemoryOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return begin(self.promise().context(), self);
  }

  // For the ends. What was waited for may be there: performs it soon.
  void wake() noexcept;
  // Ends the wait with an error.
  void fail(Error error) noexcept;

 protected:
  // Which of its end's places it waits in.
  enum class Role : std::uint8_t { kReceives, kSends, kNeither };
  // How far a step of it has come.
  enum class Step : std::uint8_t { kDone, kMustWait, kNoBlock };

  MemoryOperation(Role role, MemoryEnd& end) noexcept : end_(end), role_(role) {}
  // Only before it has begun: so that an operation can be passed on to with_timeout or when_any.
  MemoryOperation(MemoryOperation&& other) noexcept
      : end_(std::move(other.end_)), role_(other.role_) {
    require(other.state_ == State::kIdle, "an operation was moved after it had begun");
  }
  ~MemoryOperation() {
    if (state_ != State::kIdle) [[unlikely]] {
      abandon();
    }
  }

  // Goes as far as it can without waiting; may be called again and again. kDone: `error_` is set.
  virtual Step perform() noexcept = 0;

  MemoryEnd& end() noexcept { return *end_; }
  // What a receive does that finds no bytes.
  Step wait_for_bytes() noexcept;

  // In await_resume: the result is being read, nothing is left to clean up.
  Error consume() noexcept {
    state_ = State::kIdle;
    return error_;
  }

  Error error_;
  std::size_t done_ = 0;    // bytes moved so far; partial progress stays here when it fails
  Block* block_ = nullptr;  // result of a receive

 private:
  //   kIdle --> kWaiting <--> kWoken --> kDone         kWoken and kDone are in the ready queue
  //                 |           |
  //                 +-kStarving-+                      tries again after a while
  enum class State : std::uint8_t { kIdle, kWaiting, kWoken, kStarving, kDone };

  bool begin(TaskContext& context, std::coroutine_handle<> self) noexcept;
  void step() noexcept;
  void complete(Error error) noexcept;
  MemoryOperation** place() noexcept;
  void abandon() noexcept;

  void run() noexcept override;
  void stop() noexcept override;

  MemoryEndRef end_;
  TaskContext* context_ = nullptr;
  Role role_;
  State state_ = State::kIdle;
  bool stopped_ = false;  // ends instead of waiting again
};

}  // namespace rondo
