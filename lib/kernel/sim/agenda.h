// SPDX-License-Identifier: MIT
// What will happen in a simulated world, and when.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "kernel/sim/random.h"
#include "rondo/base/clock.h"

namespace rondo {

// Events in the order of their times; of those at the same time, one in an order of chance.
class Agenda {
 public:
  explicit Agenda(Random& random) noexcept : random_(random) {}

  void add(TimePoint when, std::function<void()> event) {
    events_.emplace(std::pair(when, random_.next()), std::move(event));
  }
  bool empty() const noexcept { return events_.empty(); }
  // kNever when there is none.
  TimePoint next() const noexcept { return empty() ? kNever : events_.begin()->first.first; }
  // Takes the next one out and lets it happen.
  void run_next() {
    auto event = events_.extract(events_.begin());
    event.mapped()();
  }

 private:
  Random& random_;
  std::multimap<std::pair<TimePoint, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace rondo
