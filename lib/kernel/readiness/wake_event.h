// SPDX-License-Identifier: MIT
// What ends the wait of a readiness backend from outside.
#pragma once

#include "rondo/base/fd.h"

namespace rondo {

// An eventfd, readable from a signal() on until it is cleared.
class WakeEvent {
 public:
  // Not valid when the kernel gave none; errno says why.
  WakeEvent() noexcept;

  bool valid() const noexcept { return event_.valid(); }
  int number() const noexcept { return event_.number(); }

  // Any thread, any number of times; async-signal-safe.
  void signal() const noexcept;
  // The loop's thread.
  void clear() const noexcept;

 private:
  Fd event_;
};

}  // namespace rondo
