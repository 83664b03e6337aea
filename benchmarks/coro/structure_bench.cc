// SPDX-License-Identifier: MIT
// What structured concurrency costs, beside Asio's coroutines: each pair does the same work in the
// same run. "allocations" are calls of operator new per iteration, after warm-up.
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/channel.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include <benchmark/benchmark.h>

#include "../base/bench_runner.h"
#include "allocations.h"
#include "rondo/coro/channel.h"
#include "rondo/coro/mutex.h"
#include "rondo/coro/scope.h"
#include "rondo/coro/semaphore.h"
#include "rondo/coro/when.h"
#include "rondo/loop/timers.h"

namespace rondo {
namespace {

constexpr int kWarmUp = 1000;

// Counts what is allocated from the end of the warm-up on.
class Allocations {
 public:
  explicit Allocations(benchmark::State& state) : state_(state), before_(allocations()) {}
  ~Allocations() {
    state_.counters["allocations"] = benchmark::Counter(
        static_cast<double>(allocations() - before_), benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  const std::uint64_t before_;
};

// Runs `step()`, which gives what is awaited, again and again.
template <class Step>
Task<> repeat_here(benchmark::State& state, Step step) {
  for (int i = 0; i < kWarmUp; ++i) co_await step();
  const Allocations counted(state);
  for (auto _ : state) co_await step();
}
template <class Step>
void repeat(benchmark::State& state, Step step) {
  BenchRunner runner;
  Scope scope(runner);
  scope.spawn([&]() -> Task<> { return repeat_here(state, std::ref(step)); });
  runner.run_all();
}

template <class Step>
asio::awaitable<void> repeat_asio_here(benchmark::State& state, Step step) {
  for (int i = 0; i < kWarmUp; ++i) co_await step();
  const Allocations counted(state);
  for (auto _ : state) co_await step();
}
template <class Step>
void repeat_asio(benchmark::State& state, asio::io_context& context, Step step) {
  asio::co_spawn(context, repeat_asio_here(state, std::ref(step)), asio::detached);
  context.run();
}

Task<> nothing() { co_return; }
asio::awaitable<void> asio_nothing() { co_return; }

void spawn_and_join(benchmark::State& state) {
  BenchRunner runner;
  Scope scope(runner);
  scope.spawn([&]() -> Task<> {
    Scope children(runner);
    auto step = [&children]() -> Task<> {
      auto child = children.spawn(nothing);
      auto joined = co_await child.join();
      benchmark::DoNotOptimize(joined.ok());
    };
    co_await repeat_here(state, std::ref(step));
  });
  runner.run_all();
}
BENCHMARK(spawn_and_join)->Name("spawn and join/rondo");

void asio_spawn_and_join(benchmark::State& state) {
  asio::io_context context(1);
  repeat_asio(state, context, [&]() -> asio::awaitable<void> {
    co_await asio::co_spawn(context, asio_nothing(), asio::use_awaitable);
  });
}
BENCHMARK(asio_spawn_and_join)->Name("spawn and join/asio");

void uncontended_mutex(benchmark::State& state) {
  Mutex mutex;
  repeat(state, [&mutex]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      auto lock = co_await mutex.lock();
      benchmark::DoNotOptimize(lock.ok());
    }
  });
}
BENCHMARK(uncontended_mutex)->Name("100 x uncontended mutex/rondo");

void uncontended_semaphore(benchmark::State& state) {
  SharedSemaphore semaphore(1);
  repeat(state, [&semaphore]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      auto permit = co_await semaphore.acquire();
      benchmark::DoNotOptimize(permit.ok());
    }
  });
}
BENCHMARK(uncontended_semaphore)->Name("100 x uncontended shared semaphore/rondo");

using AsioChannel = asio::experimental::channel<void(asio::error_code, int)>;

// Asio has no mutex for coroutines; a channel with room for one does for it.
void asio_uncontended_mutex(benchmark::State& state) {
  asio::io_context context(1);
  AsioChannel channel(context, 1);
  repeat_asio(state, context, [&channel]() -> asio::awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      co_await channel.async_send(asio::error_code(), 1, asio::use_awaitable);
      channel.try_receive([](asio::error_code, int) {});
    }
  });
}
BENCHMARK(asio_uncontended_mutex)->Name("100 x uncontended mutex/asio channel");

// Two tasks; each value is waited for by its receiver.
template <class C>
void hand_over(benchmark::State& state) {
  BenchRunner runner;
  C there(1);
  C back(1);
  Scope scope(runner);
  scope.spawn([&]() -> Task<> {
    while (auto value = co_await there.receive()) {
      auto sent = co_await back.send(*value);
      if (!sent) co_return;
    }
  });
  scope.spawn([&]() -> Task<> {
    auto step = [&]() -> Task<> {
      auto sent = co_await there.send(1);
      auto received = co_await back.receive();
      benchmark::DoNotOptimize(sent.ok() && received.ok());
    };
    co_await repeat_here(state, std::ref(step));
    there.close();
  });
  runner.run_all();
}
BENCHMARK(hand_over<Channel<int>>)->Name("two channel hand-overs/rondo");

void asio_hand_over(benchmark::State& state) {
  asio::io_context context(1);
  AsioChannel there(context, 1);
  AsioChannel back(context, 1);
  auto answer = [&]() -> asio::awaitable<void> {
    try {
      for (;;) {
        const int value = co_await there.async_receive(asio::use_awaitable);
        co_await back.async_send(asio::error_code(), value, asio::use_awaitable);
      }
    } catch (const std::system_error&) {
    }
  };
  auto ask = [&]() -> asio::awaitable<void> {
    auto step = [&]() -> asio::awaitable<void> {
      co_await there.async_send(asio::error_code(), 1, asio::use_awaitable);
      benchmark::DoNotOptimize(co_await back.async_receive(asio::use_awaitable));
    };
    co_await repeat_asio_here(state, std::ref(step));
    there.close();
  };
  asio::co_spawn(context, answer, asio::detached);
  asio::co_spawn(context, ask, asio::detached);
  context.run();
}
BENCHMARK(asio_hand_over)->Name("two channel hand-overs/asio");

Task<int> one() { co_return 1; }
asio::awaitable<int> asio_one() { co_return 1; }

void both(benchmark::State& state) {
  repeat(state, []() -> Task<> {
    auto two = when_all(one(), one());
    auto values = co_await std::move(two);
    benchmark::DoNotOptimize(std::get<0>(values));
  });
}
BENCHMARK(both)->Name("when_all of two/rondo");

void asio_both(benchmark::State& state) {
  asio::io_context context(1);
  repeat_asio(state, context, []() -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;  // NOLINT: that is how && is found
    auto values = co_await (asio_one() && asio_one());
    benchmark::DoNotOptimize(std::get<0>(values));
  });
}
BENCHMARK(asio_both)->Name("when_all of two/asio");

struct Nobody final : Timer {
  void run() noexcept override {}
};

void arm_and_cancel(benchmark::State& state) {
  Timers timers;
  Nobody timer;
  const TimePoint soon = Clock::monotonic().now() + std::chrono::seconds(5);
  const Allocations counted(state);
  for (auto _ : state) {
    timers.arm(timer, soon);
    benchmark::DoNotOptimize(timers.cancel(timer));
  }
}
BENCHMARK(arm_and_cancel)->Name("timer arm and cancel/rondo");

void asio_arm_and_cancel(benchmark::State& state) {
  asio::io_context context(1);
  asio::steady_timer timer(context);
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto step = [&] {
    timer.expires_at(soon);
    timer.async_wait([](asio::error_code) {});
    timer.cancel();
    context.poll();
    context.restart();
  };
  for (int i = 0; i < kWarmUp; ++i) step();
  const Allocations counted(state);
  for (auto _ : state) step();
}
BENCHMARK(asio_arm_and_cancel)->Name("timer arm and cancel/asio");

}  // namespace
}  // namespace rondo
