// SPDX-License-Identifier: MIT
// Assertions that stay on in release builds: misuse ends with a sentence, not with a mystery.
#pragma once

#include <source_location>

namespace rondo {

// Writes "rondo: file:line: function: message" to standard error and aborts.
[[noreturn]] void panic(const char* message,
                        std::source_location where = std::source_location::current()) noexcept;

// Holds, or the process ends. `message` says what the caller did wrong and what to do instead.
// Cheap enough for every build: the condition is one that the hot path has at hand anyway.
inline void require(bool holds, const char* message,
                    std::source_location where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]] {
    panic(message, where);
  }
}

}  // namespace rondo
