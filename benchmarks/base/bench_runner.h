// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>

#include "rondo/base/runner.h"

namespace rondo {

// A runner without a loop: coroutines by themselves.
class BenchRunner final : public Runner {
 public:
  bool post(Mail&) noexcept override { return false; }

  void run_all() noexcept {
    run(std::numeric_limits<std::size_t>::max(), []() noexcept { return true; });
  }
};

}  // namespace rondo
