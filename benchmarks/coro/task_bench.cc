// SPDX-License-Identifier: MIT
// Coroutines by themselves: calling one, starting one, and the memory of their frames.
#include "rondo/coro/task.h"

#include <cstdlib>
#include <functional>

#include <benchmark/benchmark.h>

#include "../base/bench_runner.h"
#include "rondo/coro/frame_pool.h"
#include "rondo/coro/scope.h"
#include "rondo/coro/this_task.h"
#include "rondo/coro/when.h"

namespace rondo {
namespace {

Task<int> leaf(int value) { co_return value + 1; }

Task<int> chain(int depth) {
  if (depth == 0) co_return 1;
  const int below = co_await chain(depth - 1);
  co_return below + 1;
}

Task<> nothing() { co_return; }

// Runs `body(state)`, a task that goes through the state's iterations.
template <class Body>
void run(benchmark::State& state, Body body) {
  BenchRunner runner;
  Scope scope(runner);
  scope.spawn(body, std::ref(state));
  runner.run_all();
}

void call_and_return(benchmark::State& state) {
  run(state, [](benchmark::State& each) -> Task<> {
    int value = 0;
    for (auto _ : each) value = co_await leaf(value);
    benchmark::DoNotOptimize(value);
  });
}
BENCHMARK(call_and_return)->Name("task/call and return");

void call_chain(benchmark::State& state) {
  run(state, [](benchmark::State& each) -> Task<> {
    const int depth = static_cast<int>(each.range(0));
    for (auto _ : each) {
      const int value = co_await chain(depth);
      benchmark::DoNotOptimize(value);
    }
    each.SetItemsProcessed(each.iterations() * depth);
  });
}
BENCHMARK(call_chain)->Name("task/call in a chain of")->Arg(10)->Arg(1000);

void resume(benchmark::State& state) {
  run(state, [](benchmark::State& each) -> Task<> {
    for (auto _ : each) co_await yield();
  });
}
BENCHMARK(resume)->Name("task/suspend and resume");

void spawn_and_join(benchmark::State& state) {
  run(state, [](benchmark::State& each) -> Task<> {
    for (auto _ : each) {
      auto body = [](Scope& scope) -> Task<> {
        scope.spawn(nothing);
        co_return;
      };
      co_await with_scope(body);
    }
  });
}
BENCHMARK(spawn_and_join)->Name("scope/spawn one and join");

void spawn_into_scope(benchmark::State& state) {
  BenchRunner runner;
  Scope scope(runner);
  for (auto _ : state) {
    scope.spawn(nothing);
    runner.run_all();
  }
}
BENCHMARK(spawn_into_scope)->Name("scope/spawn and end");

void await_two(benchmark::State& state) {
  run(state, [](benchmark::State& each) -> Task<> {
    for (auto _ : each) {
      auto both = when_all(leaf(1), leaf(2));
      const auto values = co_await std::move(both);
      benchmark::DoNotOptimize(std::get<0>(values));
    }
  });
}
BENCHMARK(await_two)->Name("task/when_all of two");

void pooled_frame(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    void* frame = allocate_frame(size);
    benchmark::DoNotOptimize(frame);
    free_frame(frame, size);
  }
}
BENCHMARK(pooled_frame)->Name("frame/pool")->Arg(128)->Arg(512)->Arg(2048);

void allocated_frame(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    void* frame = std::malloc(size);
    benchmark::DoNotOptimize(frame);
    std::free(frame);
  }
}
BENCHMARK(allocated_frame)->Name("frame/malloc")->Arg(128)->Arg(512)->Arg(2048);

}  // namespace
}  // namespace rondo
