// SPDX-License-Identifier: MIT
// What a turn of the loop costs: with nothing to do, and with so many coroutines to resume.
#include <benchmark/benchmark.h>

#include "rondo/coro/this_task.h"
#include "rondo/kernel/backend.h"
#include "rondo/loop/loop.h"

namespace rondo {
namespace {

constexpr BackendKind kBackends[] = {BackendKind::kSelect, BackendKind::kPoll, BackendKind::kEpoll,
                                     BackendKind::kIoUring};

// The loop of the backend that the first argument says; nullptr, with the benchmark marked, when
// it cannot be had here.
std::unique_ptr<Loop> open_loop(benchmark::State& state) {
  auto loop = Loop::create({.backend = kBackends[state.range(0)]});
  if (!loop.ok()) {
    state.SkipWithError("this backend cannot be had here");
    return nullptr;
  }
  state.SetLabel(std::string(name_of((*loop)->backend_choice().kind)));
  return std::move(*loop);
}

void empty_turn(benchmark::State& state) {
  const auto loop = open_loop(state);
  if (loop == nullptr) return;
  for (auto _ : state) benchmark::DoNotOptimize(loop->run_once().resumed);
}
BENCHMARK(empty_turn)->Name("turn/empty")->DenseRange(0, 3);

Task<> yield_for_ever() {
  for (;;) {
    const bool stopped = co_await stop_requested();
    if (stopped) co_return;
    co_await yield();
  }
}

void full_turn(benchmark::State& state) {
  const auto loop = open_loop(state);
  if (loop == nullptr) return;
  for (std::int64_t i = 0; i < state.range(1); ++i) loop->spawn(yield_for_ever);
  std::int64_t resumed = 0;
  for (auto _ : state) resumed += static_cast<std::int64_t>(loop->run_once().resumed);
  state.SetItemsProcessed(resumed);
  loop->stop();
  loop->run();
}
BENCHMARK(full_turn)->Name("turn/per task")->ArgsProduct({{0, 1, 2, 3}, {256}});

}  // namespace
}  // namespace rondo
