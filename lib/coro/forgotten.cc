// SPDX-License-Identifier: MIT
#include "rondo/coro/forgotten.h"

#include <exception>
#include <string>

#include "rondo/base/assert.h"
#include "rondo/coro/coroutine_name.h"

namespace rondo {
namespace {

// Out of line, as current_thread() is, and for the same reason.
int& teardowns() noexcept {
  static thread_local int count = 0;
  return count;
}

}  // namespace

FrameTeardown::FrameTeardown() noexcept { ++teardowns(); }

FrameTeardown::~FrameTeardown() { --teardowns(); }

void require_not_forgotten(const std::source_location& coroutine) noexcept {
  if (teardowns() != 0 || std::uncaught_exceptions() != 0) return;
  const std::string name = coroutine_name(coroutine.function_name());
  const std::string message = (name.empty() ? "a task" : "a task of '" + name + "'") +
                              " was made and dropped without being awaited or spawned; await "
                              "it, or discard() it if that is meant";
  panic(message.c_str(), coroutine);
}

}  // namespace rondo
