// SPDX-License-Identifier: MIT
// How late a sleeping coroutine wakes on a loop that has nothing else to do.
#include "rondo/io/sleep.h"

#include <chrono>

#include <benchmark/benchmark.h>

#include "rondo/base/clock.h"
#include "rondo/loop/loop.h"

namespace rondo {
namespace {

constexpr auto kWait = std::chrono::milliseconds(1);

// The time of an iteration is by how much the sleep was too long.
Task<> sleep_again_and_again(benchmark::State& state) {
  for (auto _ : state) {
    const TimePoint due = Clock::monotonic().now() + kWait;
    auto slept = co_await sleep_until(due);
    if (!slept) state.SkipWithError("a sleep was cut short");
    const Duration late = Clock::monotonic().now() - due;
    state.SetIterationTime(std::chrono::duration<double>(late).count());
  }
}

void sleep_late(benchmark::State& state, BackendKind backend) {
  auto loop = Loop::create({.backend = backend});
  if (!loop.ok()) {
    state.SkipWithError("this backend cannot be had here");
    return;
  }
  (*loop)->spawn(sleep_again_and_again, borrow(state));
  (*loop)->run();
}
BENCHMARK_CAPTURE(sleep_late, select, BackendKind::kSelect)
    ->Name("late/select")
    ->UseManualTime()
    ->Iterations(100);
BENCHMARK_CAPTURE(sleep_late, poll, BackendKind::kPoll)
    ->Name("late/poll")
    ->UseManualTime()
    ->Iterations(100);
BENCHMARK_CAPTURE(sleep_late, epoll, BackendKind::kEpoll)
    ->Name("late/epoll")
    ->UseManualTime()
    ->Iterations(100);
BENCHMARK_CAPTURE(sleep_late, io_uring, BackendKind::kIoUring)
    ->Name("late/io_uring")
    ->UseManualTime()
    ->Iterations(100);

}  // namespace
}  // namespace rondo
