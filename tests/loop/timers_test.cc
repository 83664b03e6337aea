// SPDX-License-Identifier: MIT
#include "rondo/loop/timers.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

// Writes its number into a log when it runs.
class Bell final : public Timer {
 public:
  Bell(int number, std::vector<int>& log) : number_(number), log_(&log) {}

  void run() noexcept override { log_->push_back(number_); }
  int number() const { return number_; }

 private:
  int number_;
  std::vector<int>* log_;
};

class TimersTest : public testing::Test {
 protected:
  Bell& bell(int number) {
    bells_.push_back(std::make_unique<Bell>(number, log_));
    return *bells_.back();
  }

  // Expires up to `now` and runs what came; gives their numbers.
  std::vector<int> at(TimePoint now, std::size_t bound = kAll) {
    ReadyQueue ready;
    const std::size_t count = timers_.expire(now, ready, bound);
    log_.clear();
    while (ReadyNode* node = ready.pop_front()) node->run();
    EXPECT_EQ(log_.size(), count);
    return log_;
  }

  std::vector<int> log_;
  Timers timers_;
  std::vector<std::unique_ptr<Bell>> bells_;
};

TEST_F(TimersTest, expires_at_its_deadline_and_not_a_nanosecond_before) {
  for (const Duration wait : {Duration(1), Duration(32768), Duration(2ms), Duration(1s),
                              Duration(1h), Duration(24h * 365 * 40)}) {
    SCOPED_TRACE(wait.count());
    Bell& timer = bell(7);
    const TimePoint deadline = TimePoint{} + wait;
    timers_.arm(timer, deadline);
    EXPECT_TRUE(timer.armed());
    EXPECT_EQ(at(deadline - Duration(1)), std::vector<int>{});
    EXPECT_EQ(at(deadline), std::vector<int>{7});
    EXPECT_FALSE(timer.armed());
    EXPECT_TRUE(timers_.empty());
  }
}

TEST_F(TimersTest, expires_in_order_of_deadline_then_of_arming) {
  const TimePoint start = TimePoint(5h);
  timers_.arm(bell(4), start + 9ms);
  timers_.arm(bell(2), start + 3ns);
  timers_.arm(bell(5), start + 9ms);
  timers_.arm(bell(1), start + 1ns);
  EXPECT_EQ(at(start + 2ns), std::vector<int>{1});
  timers_.arm(bell(6), start + 9ms);
  timers_.arm(bell(3), start + 3ns);
  EXPECT_EQ(at(start + 10ms), (std::vector<int>{2, 3, 4, 5, 6}));
}

TEST_F(TimersTest, a_bound_leaves_the_rest_due_and_in_order) {
  const TimePoint start = TimePoint(1s);
  for (int i = 0; i < 10; ++i) timers_.arm(bell(i), start + i % 5 * 1ns);
  EXPECT_EQ(at(start + 1s, 0), std::vector<int>{});
  EXPECT_EQ(at(start + 1s, 3), (std::vector<int>{0, 5, 1}));
  EXPECT_LE(timers_.next_deadline(), start + 1s);
  EXPECT_EQ(timers_.size(), 7u);
  timers_.arm(bell(10), start);  // late already: before the others that are left
  EXPECT_EQ(at(start + 1s, 3), (std::vector<int>{10, 6, 2}));
  EXPECT_EQ(at(start + 1s), (std::vector<int>{7, 3, 8, 4, 9}));
}

TEST_F(TimersTest, a_cancelled_timer_never_runs) {
  Bell& armed = bell(1);
  Bell& expired = bell(2);
  timers_.arm(armed, TimePoint(2s));
  timers_.arm(expired, TimePoint(1s));
  EXPECT_TRUE(timers_.cancel(armed));
  EXPECT_FALSE(timers_.cancel(armed));
  ReadyQueue ready;
  EXPECT_EQ(timers_.expire(TimePoint(3s), ready, kAll), 1u);
  EXPECT_FALSE(timers_.cancel(expired));
  EXPECT_TRUE(ready.empty());
  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(timers_.next_deadline(), kNever);
  timers_.arm(armed, TimePoint(4s));  // and it can be armed again
  EXPECT_EQ(at(TimePoint(4s)), std::vector<int>{1});
}

TEST_F(TimersTest, a_timer_that_ends_is_cancelled) {
  {
    Bell timer(1, log_);
    timers_.arm(timer, TimePoint(1ms));
    EXPECT_EQ(timers_.size(), 1u);
  }
  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(timers_.next_deadline(), kNever);
}

TEST_F(TimersTest, timers_that_end_before_their_timer_disarm_it) {
  Bell near(1, log_);
  Bell due(2, log_);
  Bell far(3, log_);
  {
    Timers timers;
    timers.arm(near, TimePoint(1ns));
    timers.arm(due, TimePoint(1ns));
    timers.arm(far, TimePoint(100h));
    ReadyQueue ready;
    timers.expire(TimePoint(1ns), ready, 1);
    EXPECT_TRUE(due.armed());
  }
  EXPECT_FALSE(due.armed());
  EXPECT_FALSE(far.armed());
  EXPECT_FALSE(far.linked());
}

TEST_F(TimersTest, never_is_never_armed) {
  Bell& timer = bell(1);
  timers_.arm(timer, kNever);
  EXPECT_FALSE(timer.armed());
  EXPECT_FALSE(timer.linked());
  EXPECT_TRUE(timers_.empty());
  timers_.arm(timer, kNever - Duration(1));
  EXPECT_LE(timers_.next_deadline(), kNever - Duration(1));
  EXPECT_EQ(at(kNever - Duration(2)), std::vector<int>{});
  EXPECT_EQ(at(kNever - Duration(1)), std::vector<int>{1});
}

TEST_F(TimersTest, a_clock_that_goes_back_neither_loses_nor_hastens_a_timer) {
  timers_.arm(bell(1), TimePoint(10s));
  timers_.arm(bell(2), TimePoint(10s));
  EXPECT_EQ(at(TimePoint(10s), 1), std::vector<int>{1});
  EXPECT_EQ(at(TimePoint(1s)), std::vector<int>{});
  EXPECT_EQ(at(TimePoint::min()), std::vector<int>{});
  timers_.arm(bell(3), TimePoint(2s));
  EXPECT_EQ(timers_.next_deadline(), TimePoint(2s));
  EXPECT_EQ(at(TimePoint(1s)), std::vector<int>{});
  EXPECT_EQ(at(TimePoint(2s)), std::vector<int>{3});
  EXPECT_EQ(at(TimePoint(10s)), std::vector<int>{2});
}

TEST_F(TimersTest, deadlines_before_the_epoch_are_simply_late) {
  timers_.arm(bell(2), TimePoint(-1s));
  timers_.arm(bell(1), TimePoint(-2s));
  timers_.arm(bell(3), TimePoint(1ns));
  EXPECT_EQ(timers_.next_deadline(), TimePoint(-2s));
  EXPECT_EQ(at(TimePoint(-2s)), std::vector<int>{1});
  EXPECT_EQ(at(TimePoint(1s)), (std::vector<int>{2, 3}));
}

TEST_F(TimersTest, the_time_until_the_earliest_deadline_of_all_can_be_told) {
  timers_.arm(bell(2), TimePoint::min() + 1ns);
  timers_.arm(bell(1), TimePoint::min());
  EXPECT_LT(timers_.next_deadline() - TimePoint(24h * 365 * 100), Duration(0));
  EXPECT_EQ(at(TimePoint(0ns)), (std::vector<int>{2, 1}));
}

TEST_F(TimersTest, next_deadline_is_exact_within_two_milliseconds) {
  const TimePoint start = TimePoint(77h);
  at(start);
  for (int i = 0; i < 100; ++i) timers_.arm(bell(i), start + 1h + i * 1ms);
  Bell& later = bell(101);
  Bell& sooner = bell(102);
  timers_.arm(later, start + 40us + 1ns);
  EXPECT_EQ(timers_.next_deadline(), start + 40us + 1ns);
  timers_.arm(sooner, start + 40us);
  EXPECT_EQ(timers_.next_deadline(), start + 40us);
  timers_.cancel(sooner);
  EXPECT_EQ(timers_.next_deadline(), start + 40us + 1ns);
  timers_.cancel(later);
  EXPECT_LE(timers_.next_deadline(), start + 1h);
}

TEST_F(TimersTest, a_loop_with_one_far_timer_wakes_once) {
  timers_.arm(bell(1), TimePoint(30s + 1ns));
  at(TimePoint(1s));
  EXPECT_EQ(timers_.next_deadline(), TimePoint(30s + 1ns));
}

TEST_F(TimersTest, a_loop_with_many_far_timers_wakes_in_vain_at_most_once_a_level) {
  TimePoint now(3h);
  at(now);
  const TimePoint first = now + 24h * 365 * 10;
  for (int i = 0; i < 1000; ++i) timers_.arm(bell(i), first + i * 1ns);
  int wakes = 0;
  for (; now < first; ++wakes) {
    const TimePoint next = timers_.next_deadline();
    ASSERT_GT(next, now);
    ASSERT_LE(next, first);
    now = next;
    if (now < first) {
      ASSERT_EQ(at(now), std::vector<int>{});
    }
  }
  EXPECT_LE(wakes, 8);
}

// The wheel against a multimap that does the same in the plain way.
class TimersAgainstModel : public testing::TestWithParam<std::uint32_t> {};

TEST_P(TimersAgainstModel, agree_under_random_arms_cancels_and_advances) {
  std::mt19937_64 random(GetParam());
  const auto pick = [&random](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
  };
  // 1 ns to some days, each magnitude as likely as the others.
  const auto spread = [&] { return Duration(pick(0, (std::int64_t{1} << pick(1, 49)) - 1)); };

  constexpr int kBells = 300;
  std::vector<int> log;
  std::vector<std::unique_ptr<Bell>> bells;
  for (int i = 0; i < kBells; ++i) bells.push_back(std::make_unique<Bell>(i, log));
  std::vector<int> idle(kBells);
  for (int i = 0; i < kBells; ++i) idle[static_cast<std::size_t>(i)] = i;

  Timers timers;
  std::multimap<TimePoint, int> model;  // equal keys keep the order of insertion
  TimePoint now = TimePoint(Duration(pick(0, std::int64_t{1} << 50)));
  TimePoint horizon = now;  // the latest that expire() has been told
  bool settled = false;     // the last expire() was not cut short by its bound
  std::size_t expired = 0;
  for (int step = 0; step < 100'000; ++step) {
    const std::int64_t choice = pick(0, 99);
    if (choice < 45 && !idle.empty()) {
      const auto chosen = static_cast<std::size_t>(pick(0, std::ssize(idle) - 1));
      const int number = std::exchange(idle[chosen], idle.back());
      idle.pop_back();
      // One in four is equal to another one, one in ten is late.
      TimePoint deadline = now + spread();
      if (pick(0, 9) == 0) deadline = now - spread();
      if (!model.empty() && pick(0, 3) == 0) {
        deadline = std::next(model.begin(), pick(0, std::ssize(model) - 1))->first;
      }
      timers.arm(*bells[static_cast<std::size_t>(number)], deadline);
      model.emplace(deadline, number);
    } else if (choice < 75 && !model.empty()) {
      // Mostly any, sometimes the first.
      auto victim = pick(0, 3) == 0 ? model.begin()
                                    : std::next(model.begin(), pick(0, std::ssize(model) - 1));
      ASSERT_TRUE(timers.cancel(*bells[static_cast<std::size_t>(victim->second)]));
      idle.push_back(victim->second);
      model.erase(victim);
    } else {
      const std::int64_t how = pick(0, 9);
      if (how < 5) {
        now += spread() / 16;
      } else if (how < 9) {
        now = std::max(now, std::min(timers.next_deadline(), now + 1h));
      } else {
        now -= spread() / 256;
      }
      const auto bound = static_cast<std::size_t>(pick(0, 3) == 0 ? pick(0, 4) : 1000);
      ReadyQueue ready;
      const std::size_t count = timers.expire(now, ready, bound);
      horizon = std::max(horizon, now);
      ASSERT_LE(count, bound);
      log.clear();
      while (ReadyNode* node = ready.pop_front()) node->run();
      ASSERT_EQ(log.size(), count);
      for (const int number : log) {
        ASSERT_FALSE(model.empty());
        ASSERT_EQ(model.begin()->second, number) << "step " << step;
        ASSERT_LE(model.begin()->first, now);
        model.erase(model.begin());
        idle.push_back(number);
      }
      if (count < bound && !model.empty()) {
        ASSERT_GT(model.begin()->first, now);
      }
      settled = count < bound;
      expired += count;
    }
    ASSERT_EQ(timers.size(), model.size());
    if (pick(0, 1) == 0) {
      const TimePoint first = model.empty() ? kNever : model.begin()->first;
      const TimePoint next = timers.next_deadline();
      ASSERT_LE(next, first);
      // Exact where the first is in the lowest level; never a wake at once without need.
      const auto block = [](TimePoint time) { return time.time_since_epoch().count() >> 21; };
      if (settled && first > horizon) {
        ASSERT_GT(next, horizon) << "step " << step;
        if (block(first) == block(horizon)) {
          ASSERT_EQ(next, first) << "step " << step;
        }
      }
    }
  }
  EXPECT_GT(expired, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimersAgainstModel, testing::Range(1u, 9u));

}  // namespace
}  // namespace rondo
