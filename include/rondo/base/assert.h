// SPDX-License-Identifier: MIT
// Assertions that stay on in release builds: misuse ends with a sentence, not with a mystery.
#pragma once

#include <source_location>
#include <string_view>

namespace rondo {

// Writes "rondo: file:line: function: message" to standard error and aborts. If a task runs on this
// thread, its name comes before the message: "task 'serve': message".
[[noreturn]] void panic(const char* message,
                        std::source_location where = std::source_location::current()) noexcept;
// The same over somebody else: "task 'serve'". Empty: nobody is named.
[[noreturn]] void panic_about(
    std::string_view whom, const char* message,
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
