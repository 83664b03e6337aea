// SPDX-License-Identifier: MIT
// Signals as something to await.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"

namespace rondo {

// While it lives, these signals do nothing but come out of next(). It installs a handler for each
// (the library does so nowhere else), which writes the number into a pipe; the mask of no thread is
// changed, so it works whatever threads there are, and programs that are executed inherit nothing.
//
// Not moved while a task waits. One object at a time may have a signal.
class Signals {
 public:
  // Errors: kAlreadyExists for a signal that another object has, kInvalidArgument for one that
  // cannot be caught (SIGKILL, SIGSTOP) or is none, kResourceExhausted without a pipe.
  static absl::StatusOr<std::unique_ptr<Signals>> open(const std::vector<int>& numbers);

  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  // What the signals did before they do again. Any thread.
  ~Signals();

  // The number of the next signal, in the order in which they came; those that came while nobody
  // waited are kept (65,536 of them). One waiter at a time, on any loop. Resumes on that loop; a
  // stop ends it with Errc::canceled.
  Task<Result<int>> next();

 private:
  struct Installed;

  Signals() noexcept;

  Fd read_end_;
  Fd write_end_;
  std::vector<Installed> installed_;
};

}  // namespace rondo
