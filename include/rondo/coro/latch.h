// SPDX-License-Identifier: MIT
// Waiting until so many things have happened.
#pragma once

#include <coroutine>
#include <cstddef>

#include "rondo/base/result.h"
#include "rondo/coro/event.h"

namespace rondo {

// Counts down to zero once; for the tasks of one loop. Resumes on the loop, in order of arrival. A
// stop request ends the wait with Errc::canceled, unless the count had reached zero. The frame that
// waits may be destroyed. The latch must outlive its waits.
class Latch {
 public:
  explicit Latch(std::size_t count) noexcept : left_(count) {
    if (count == 0) zero_.set();
  }

  void count_down(std::size_t by = 1) noexcept {
    require(by <= left_, "a latch was counted down further than to zero");
    left_ -= by;
    if (left_ == 0) zero_.set();
  }
  std::size_t left() const noexcept { return left_; }

  // `Result<void> all = co_await latch.wait();`
  Event::Wait wait() noexcept { return zero_.wait(); }

 private:
  std::size_t left_;
  Event zero_;
};

}  // namespace rondo
