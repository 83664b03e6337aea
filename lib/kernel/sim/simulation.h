// SPDX-License-Identifier: MIT
// What all parts of a simulated world share: time, chance, and the record of what happened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "kernel/sim/agenda.h"
#include "kernel/sim/random.h"
#include "rondo/base/clock.h"
#include "rondo/kernel/simulation.h"

namespace rondo {

class Simulation {
 public:
  explicit Simulation(sim::Options given)
      : options(std::move(given)), random(options.seed), agenda(random) {}

  const sim::Options options;
  Random random;
  Agenda agenda;
  ManualClock clock{TimePoint{} + std::chrono::hours(1)};

  TimePoint now() const noexcept { return clock.now(); }
  void advance_to(TimePoint when) noexcept {
    if (when > now()) clock.advance(when - now());
  }
  // Time goes on to the next event, which happens; false when there is none up to `latest`.
  bool run_next(TimePoint latest);

  // How many bytes a call moves that could move `most`; at least 1 of at least 1.
  std::size_t cut_short(std::size_t most) noexcept;

  // An error that the call is to fail with, or none.
  Error fault(sim::Call call, int descriptor) const;

  // Puts an event into the record: what happened, to which socket, and a number that tells more.
  void record(std::string_view what, int socket, std::uint64_t number = 0);
  std::uint64_t trace_hash() const noexcept { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace rondo
