// SPDX-License-Identifier: MIT
// Telling a Task that was forgotten from one that went with the frame in which it lay.
#pragma once

#include <source_location>

namespace rondo {

// Standing while frames of this thread are destroyed at whatever point they are suspended.
class FrameTeardown {
 public:
  FrameTeardown() noexcept;
  FrameTeardown(const FrameTeardown&) = delete;
  FrameTeardown& operator=(const FrameTeardown&) = delete;
  ~FrameTeardown();
};

// Whether the code that includes this wants to hear of Tasks that were forgotten.
#if defined(_GLIBCXX_ASSERTIONS)
inline constexpr bool kForgettingIsMisuse = true;
#else
inline constexpr bool kForgettingIsMisuse = false;
#endif

// Ends the process, with the name of `coroutine`, unless frames are being destroyed or an exception
// is on its way.
void require_not_forgotten(const std::source_location& coroutine) noexcept;

}  // namespace rondo
