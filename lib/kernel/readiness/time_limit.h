// SPDX-License-Identifier: MIT
// TurnLimits::wait as epoll_pwait2, ppoll and pselect want it.
#pragma once

#include <chrono>
#include <ctime>

#include "rondo/base/clock.h"

namespace rondo {

class TimeLimit {
 public:
  explicit TimeLimit(Duration wait) noexcept : for_ever_(wait < Duration(0)) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    time_.tv_sec = seconds.count();
    time_.tv_nsec = (wait - seconds).count();
  }

  // nullptr to wait for ever; as long as this lives.
  const timespec* native() const noexcept { return for_ever_ ? nullptr : &time_; }

 private:
  timespec time_{};
  const bool for_ever_;
};

}  // namespace rondo
