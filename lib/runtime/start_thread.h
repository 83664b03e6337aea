// SPDX-License-Identifier: MIT
// Threads that may not be had.
#pragma once

#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"

namespace rondo {

// A thread that calls `function(arguments...)`, or that none can be had: a limit of the process
// or the user. Without exceptions the process ends there.
template <class Function, class... Arguments>
absl::StatusOr<std::thread> start_thread(Function&& function, Arguments&&... arguments) {
#if defined(__cpp_exceptions)
  try {
    return std::thread(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(std::string("a thread cannot be had: ") + error.what());
  }
#else
  return std::thread(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
#endif
}

}  // namespace rondo
