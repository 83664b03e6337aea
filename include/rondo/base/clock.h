// SPDX-License-Identifier: MIT
// Time as the library sees it: CLOCK_MONOTONIC in nanoseconds, or a clock that a test drives.
#pragma once

#include <chrono>

namespace rondo {

// steady_clock is CLOCK_MONOTONIC with nanoseconds on Linux: wall clock steps do not move it.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

inline constexpr TimePoint kNever = TimePoint::max();

// `start + wait`, where a wait too long for the type means never.
constexpr TimePoint after(TimePoint start, Duration wait) noexcept {
  return wait > kNever - start ? kNever : start + wait;
}

// Where a loop reads the time. Shared by loops on several threads, so now() must be thread-safe.
class Clock {
 public:
  virtual TimePoint now() const noexcept = 0;

  // The kernel's monotonic clock; lives as long as the process.
  static const Clock& monotonic() noexcept;

 protected:
  ~Clock() = default;
};

// A clock that stands still until it is told otherwise. For tests: a loop on it sees only the time
// it is given, so nothing has to sleep. One thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint{}) noexcept : now_(start) {}

  TimePoint now() const noexcept override { return now_; }
  void advance(Duration by) noexcept { now_ += by; }

 private:
  TimePoint now_;
};

}  // namespace rondo
