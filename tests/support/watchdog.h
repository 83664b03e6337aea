// SPDX-License-Identifier: MIT
// Ends a test that hangs, with a message.
#pragma once

#include <ctime>

#include "rondo/loop/loop.h"

namespace rondo {

// Which build this is decides how long things may take and how much of them there is.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// `full` of something in release and debug builds, a part of it under sanitizers.
constexpr int scaled(int full, int divisor = 10) { return kSanitized ? full / divisor : full; }

// When the time is up, the loop is asked to stop, so that the test can say what is missing; when
// that does not help within another few seconds, the process ends. One at a time in a process.
class Watchdog {
 public:
  explicit Watchdog(int seconds = 60);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  // The loop to stop; nullptr for none (any more).
  void watch(Loop* loop) noexcept;
  bool has_barked() const noexcept;

 private:
  timer_t timer_{};
};

}  // namespace rondo
