// SPDX-License-Identifier: MIT
// On a clock that the test drives, so that the histograms hold exactly what it has let pass.
#include "rondo/loop/loop_stats.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class LoopStatsTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.clock = &clock_;
    options.observe = true;
    open(std::move(options));
  }

  const LoopStats& stats() { return *loop().stats(); }

  ManualClock clock_{TimePoint{} + 1h};
};
RONDO_ON_EVERY_BACKEND(LoopStatsTest);

TEST_P(LoopStatsTest, a_turn_takes_as_long_as_what_runs_in_it) {
  loop().spawn([this]() -> Task<> {
    clock_.advance(70ms);
    co_return;
  });
  turn(1);
  EXPECT_EQ(stats().turns().max(), 70ms);
  const std::uint64_t before = stats().turns().count();
  turn(1);
  EXPECT_EQ(stats().turns().count(), before + 1);
  EXPECT_EQ(stats().turns().sum(), 70ms) << "with nothing to do it takes no time";
}

TEST_P(LoopStatsTest, the_lag_of_a_timer_is_how_late_it_expired) {
  for (const Duration wait : {Duration(10ms), Duration(30ms), Duration(1h)}) {
    loop().spawn([wait]() -> Task<> { static_cast<void>(co_await sleep(wait)); });
  }
  turn();
  EXPECT_EQ(stats().lags().count(), 0u);
  clock_.advance(35ms);
  turn();
  EXPECT_EQ(stats().lags().count(), 2u);
  EXPECT_EQ(stats().lags().max(), 25ms);
  EXPECT_EQ(stats().lags().sum(), 30ms);
}

TEST_P(LoopStatsTest, what_runs_is_told_with_what_it_had_waited_for) {
  EXPECT_EQ(stats().step().what, nullptr);
  const std::uint64_t before = stats().step().number;
  std::string seen;
  loop().spawn([&]() -> Task<> {
    static_cast<void>(co_await sleep(1ms));
    seen = stats().step().what;
  });
  turn();
  clock_.advance(2ms);
  turn();
  EXPECT_EQ(seen, "sleep");
  EXPECT_EQ(stats().step().what, nullptr);
  EXPECT_GT(stats().step().number, before);
}

TEST_P(LoopStatsTest, a_loop_keeps_none_unless_it_is_asked_to) {
  const auto plain = Loop::create({.backend = BackendKind::kEpoll}).value();
  EXPECT_EQ(plain->stats(), nullptr);
}

}  // namespace
}  // namespace rondo
