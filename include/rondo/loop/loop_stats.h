// SPDX-License-Identifier: MIT
// How long a loop's turns take, how late it is, and what it is running.
#pragma once

#include <atomic>
#include <cstdint>

#include "rondo/base/clock.h"
#include "rondo/base/counter.h"
#include "rondo/base/histogram.h"

namespace rondo {

// A loop keeps these if LoopOptions::observe says so. It writes, on its thread; any thread reads,
// while the loop lives. 73 KiB. Costs a turn one look at the clock, and each resumption a few
// stores.
class LoopStats {
 public:
  // From where a turn begins (the wait for the kernel has returned) to the next wait: what is made
  // ready by the one has run by the other, so this is how long the last in the queue had to wait.
  const Histogram& turns() const noexcept { return turns_; }
  // How late timers were when they expired.
  const Histogram& lags() const noexcept { return lags_; }

  // One thing that ran: its number, counting from 1, and what it had waited for ("receive");
  // nullptr while nothing runs.
  struct Step {
    std::uint64_t number = 0;
    const char* what = nullptr;
    friend bool operator==(const Step&, const Step&) = default;
  };
  // Read one after the other: the same twice means that it has not changed in between.
  Step step() const noexcept {
    const char* what = what_.load(std::memory_order_acquire);
    return {step_, what};
  }

  // The rest is the loop's.

  void record_turn(Duration took) noexcept { turns_.record(took); }
  void record_lag(Duration late) noexcept { lags_.record(late); }
  // From here on something runs that had waited for `what`, a string literal.
  void begin_step(const char* what) noexcept {
    ++step_;
    what_.store(what, std::memory_order_release);
  }
  // From here on nothing runs.
  void end_steps() noexcept { what_.store(nullptr, std::memory_order_release); }

 private:
  Counter step_;
  std::atomic<const char*> what_{nullptr};
  Histogram turns_;
  Histogram lags_;
};

}  // namespace rondo
