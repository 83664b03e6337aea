// SPDX-License-Identifier: MIT
#include "rondo/base/runner.h"

namespace rondo {
namespace {

// Out of line, as current_thread() is, and for the same reason.
Runner*& current_runner() noexcept {
  static thread_local Runner* runner = nullptr;
  return runner;
}

}  // namespace

Runner* Runner::current() noexcept { return current_runner(); }

Runner::Inside::Inside(Runner& runner) noexcept
    : around_(std::exchange(current_runner(), &runner)) {}

Runner::Inside::~Inside() { current_runner() = around_; }

}  // namespace rondo
