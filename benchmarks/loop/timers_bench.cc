// SPDX-License-Identifier: MIT
// Timers among so many others that are pending: nearly every timeout is armed and cancelled, few
// expire.
#include "rondo/loop/timers.h"

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

namespace rondo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Bell final : Timer {
  void run() noexcept override {}
};

// So many timers, spread over the next minute.
class Pending {
 public:
  Pending(Timers& timers, std::int64_t count) : bells_(static_cast<std::size_t>(count)) {
    std::uniform_int_distribution<std::int64_t> wait(0, Duration(seconds(60)).count());
    for (Bell& bell : bells_) timers.arm(bell, TimePoint(Duration(wait(random_))));
  }

 private:
  std::mt19937_64 random_{1};
  std::vector<Bell> bells_;
};

void arm_and_cancel(benchmark::State& state) {
  Timers timers;
  const Pending others(timers, state.range(0));
  Bell bell;
  std::int64_t wait = 0;
  for (auto _ : state) {
    wait = (wait + 7'654'321) % Duration(seconds(60)).count();
    timers.arm(bell, TimePoint(Duration(wait)));
    timers.cancel(bell);
  }
}
BENCHMARK(arm_and_cancel)
    ->Name("timers/arm and cancel")
    ->RangeMultiplier(10)
    ->Range(1000, 10000000);

// One timer after the other becomes due while the rest stays pending.
void arm_and_expire(benchmark::State& state) {
  Timers timers;
  // Beyond every moment that the loop below reaches.
  std::vector<Bell> others(static_cast<std::size_t>(state.range(0)));
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> wait(0, Duration(seconds(60)).count());
  const TimePoint far{std::chrono::hours(24 * 365)};
  for (Bell& bell : others) timers.arm(bell, far + Duration(wait(random)));
  Bell bell;
  ReadyQueue ready;
  TimePoint now{};
  for (auto _ : state) {
    timers.arm(bell, now + milliseconds(5));
    now += milliseconds(5);
    benchmark::DoNotOptimize(timers.expire(now, ready, 1024));
    ready.pop_front();
  }
}
BENCHMARK(arm_and_expire)
    ->Name("timers/arm and expire")
    ->RangeMultiplier(10)
    ->Range(1000, 10000000);

// A second's worth of them becomes due, a millisecond at a time.
void expire(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::int64_t expired = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto timers = std::make_unique<Timers>();
    auto pending = std::make_unique<Pending>(*timers, state.range(0));
    ReadyQueue ready;
    state.ResumeTiming();
    for (TimePoint now{}; now < TimePoint(seconds(1)); now += milliseconds(1)) {
      expired += static_cast<std::int64_t>(timers->expire(now, ready, count));
      while (!ready.empty()) ready.pop_front();
    }
    state.PauseTiming();
    pending.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(expired);
}
BENCHMARK(expire)->Name("timers/expire")->RangeMultiplier(10)->Range(1000, 10000000);

}  // namespace
}  // namespace rondo
