// SPDX-License-Identifier: MIT
// Waiting for the readiness of a descriptor that belongs to somebody else.
#pragma once

#include <coroutine>
#include <optional>

#include "rondo/base/result.h"
#include "rondo/io/operation.h"

namespace rondo {

// `co_await wait_readable(fd)`: until reading from `fd` would not block, which includes the end of
// its stream and an error on it. Level-like on every backend: if it would not block now, the wait
// ends soon, however often one has waited before. Not for one that a stream has, nor twice at a
// time for the same readiness of one. The descriptor stays the caller's: open until the wait ends,
// in whatever blocking mode, never closed here. Regular files are always ready. A stop ends it with
// Errc::canceled. EBADF for what is no descriptor; ENOMEM.
class [[nodiscard]] WaitFd final {
 public:
  WaitFd(int fd, short events) noexcept : fd_(fd), events_(events) {}
  WaitFd(WaitFd&& other) noexcept : fd_(other.fd_), events_(other.events_) {
    require(!other.poll_.has_value(), "a wait was moved after it had begun");
  }
  ~WaitFd() { finish(); }

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    loop_ = &loop_of(self.promise().context());
    if (!begin()) return false;
    return poll_->await_suspend(self);
  }
  Result<void> await_resume() noexcept {
    if (!poll_.has_value()) return error_;
    const Error outcome = poll_->outcome();
    finish();
    if (outcome) return outcome;
    return {};
  }

 private:
  class Poll final : public Operation {
   public:
    Poll(Slot& slot_, short events_) noexcept : Operation(OpCode::kPoll, &slot_) {
      events = events_;
    }
    Error outcome() noexcept { return consume(); }
  };

  bool begin() noexcept;
  void finish() noexcept;

  int fd_;
  short events_;
  Error error_;
  Loop* loop_ = nullptr;
  std::optional<Poll> poll_;
};

inline WaitFd wait_readable(int fd) noexcept { return WaitFd(fd, kPollIn); }
inline WaitFd wait_writable(int fd) noexcept { return WaitFd(fd, kPollOut); }

}  // namespace rondo
