// SPDX-License-Identifier: MIT
#include "rondo/base/clock.h"

namespace rondo {
namespace {

class MonotonicClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
};

constinit const MonotonicClock kMonotonic;

}  // namespace

const Clock& Clock::monotonic() noexcept { return kMonotonic; }

}  // namespace rondo
