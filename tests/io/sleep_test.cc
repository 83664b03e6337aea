// SPDX-License-Identifier: MIT
#include "rondo/io/sleep.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

using testing::ElementsAre;

class SleepTest : public ClockTest {
 protected:
  // A task that notes when it woke.
  void spawn_sleeper(TimePoint until, int number) {
    loop().spawn([this, until, number]() -> Task<> {
      auto slept = co_await sleep_until(until);
      EXPECT_TRUE(slept);
      EXPECT_GE(clock_.now(), until) << "woke early";
      woken_.push_back(number);
    });
  }

  std::vector<int> woken_;
};
RONDO_ON_EVERY_BACKEND(SleepTest);
class SleepForRealTest : public BackendTest {};
RONDO_ON_EVERY_BACKEND(SleepForRealTest);

TEST_P(SleepTest, nobody_wakes_early_by_even_a_nanosecond) {
  const TimePoint when = clock_.now() + 1ms;
  spawn_sleeper(when, 1);
  turn();
  clock_.advance(1ms - 1ns);
  turn();
  EXPECT_TRUE(woken_.empty());
  clock_.advance(1ns);
  turn();
  EXPECT_THAT(woken_, ElementsAre(1));
}

TEST_P(SleepTest, sleepers_wake_in_the_order_of_their_deadlines) {
  const TimePoint begin = clock_.now();
  for (int i : {5, 1, 3, 2, 4}) spawn_sleeper(begin + i * 1us, i);
  spawn_sleeper(begin + 3us, 30);
  turn();
  clock_.advance(1s);
  turn();
  EXPECT_THAT(woken_, ElementsAre(1, 2, 3, 30, 4, 5));
}

TEST_P(SleepTest, a_time_that_has_passed_is_the_next_turn) {
  spawn_sleeper(clock_.now() - 1s, 1);
  spawn_sleeper(clock_.now(), 2);
  turn();
  EXPECT_THAT(woken_, ElementsAre(1, 2));
}

TEST_P(SleepTest, a_sleep_without_end_lasts_until_it_is_stopped) {
  Error outcome;
  loop().spawn([&]() -> Task<> {
    auto slept = co_await sleep(Duration::max());
    outcome = slept.error();
  });
  turn();
  clock_.advance(24h * 365 * 100);
  turn();
  EXPECT_FALSE(outcome);
  loop().stop();
  loop().run();
  EXPECT_TRUE(outcome.is(Errc::canceled));
}

TEST_P(SleepTest, a_thousand_sleepers_of_all_lengths_wake_in_order) {
  std::mt19937_64 random(5);
  std::vector<Duration> waits;
  for (int i = 0; i < 1000; ++i) {
    waits.push_back(Duration(static_cast<std::int64_t>(random() >> (24 + random() % 36))));
  }
  std::sort(waits.begin(), waits.end());
  waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
  std::vector<int> order(waits.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::vector<int> shuffled = order;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const TimePoint begin = clock_.now();
  for (int i : shuffled) spawn_sleeper(begin + waits[static_cast<std::size_t>(i)], i);
  while (loop().run_once().more) {
  }
  while (woken_.size() < order.size()) {
    const TimePoint next = loop().next_deadline();
    if (next > clock_.now()) clock_.advance(next - clock_.now());
    while (loop().run_once().more) {
    }
  }
  EXPECT_EQ(woken_, order);
}

TEST_P(SleepForRealTest, real_sleeps_are_never_early_and_the_loop_waits_for_them_in_the_kernel) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    const std::uint64_t waits = here.backend().counters().waits;
    for (int nanoseconds : {1, 1000, 100'000, 999'000, 1'500'000, 3'000'000, 7'000'000}) {
      const Duration wait(nanoseconds);
      const TimePoint begin = here.now();
      auto slept = co_await sleep(wait);
      EXPECT_TRUE(slept);
      EXPECT_GE(here.now() - begin, wait);
    }
    EXPECT_LE(here.backend().counters().waits - waits, kTurnsOfASleeper);
  });
}

// Of these the time until then is more than a Duration can hold.
TEST_P(SleepForRealTest, the_earliest_time_and_the_shortest_wait_of_all_have_passed) {
  run([]() -> Task<> {
    auto until = co_await sleep_until(TimePoint::min());
    EXPECT_TRUE(until);
    auto shortest = co_await sleep(Duration::min());
    EXPECT_TRUE(shortest);
    auto timed = co_await with_timeout(Duration::min(), sleep(1h));
    EXPECT_TRUE(timed.error().is(Errc::timed_out));
  });
}

}  // namespace
}  // namespace rondo
