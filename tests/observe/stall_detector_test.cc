// SPDX-License-Identifier: MIT
#include "rondo/observe/stall_detector.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Reports as they come, and somebody who waits for them.
class Reports {
 public:
  void add(const Stall& stall) {
    const std::lock_guard lock(mutex_);
    all_.push_back(stall);
    more_.notify_all();
  }
  // Blocks the calling thread until there are so many.
  std::vector<Stall> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [&] { return all_.size() >= count; });
    return all_;
  }
  std::vector<Stall> all() { return wait_for(0); }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Stall> all_;
};

class StallDetectorTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.observe = true;
    open(std::move(options));
  }

  std::unique_ptr<StallDetector> watch(Duration threshold = 8ms) {
    std::vector<NamedLoop> loops = {{.name = "here", .loop = &loop()}};
    auto detector = StallDetector::watch(
        std::move(loops),
        {.threshold = threshold, .report = [this](const Stall& stall) { reports_.add(stall); }});
    EXPECT_TRUE(detector.ok()) << detector.status();
    return *std::move(detector);
  }

  Reports reports_;
};
RONDO_ON_MAIN_BACKENDS(StallDetectorTest);

TEST_P(StallDetectorTest, a_coroutine_that_blocks_is_named_while_it_blocks_and_timed_at_its_end) {
  const auto detector = watch();
  run([&]() -> Task<> {
    TaskContext& context = co_await this_context();
    context.set_name("the guilty one");
    auto slept = co_await sleep(1ms);
    EXPECT_TRUE(slept);
    const std::vector<Stall> seen = reports_.wait_for(1);  // which blocks the loop
    EXPECT_EQ(seen[0].loop, "here");
    EXPECT_EQ(seen[0].task, "the guilty one");
    EXPECT_EQ(seen[0].waited_for, "sleep");
    EXPECT_THAT(seen[0].coroutine, Not(IsEmpty()));
    EXPECT_GE(seen[0].blocked, 6ms);
    EXPECT_FALSE(seen[0].is_over);
  });
  const std::vector<Stall> seen = reports_.wait_for(2);
  EXPECT_EQ(seen[1].task, "the guilty one");
  EXPECT_TRUE(seen[1].is_over);
  EXPECT_GE(seen[1].blocked, seen[0].blocked);
}

TEST_P(StallDetectorTest, the_coroutine_that_a_task_is_in_is_told_apart_from_the_tasks_first) {
  const auto detector = watch();
  const auto child = [this]() -> Task<> {
    co_await yield();
    static_cast<void>(reports_.wait_for(1));
  };
  run([&]() -> Task<> {
    co_await child();
    auto slept = co_await sleep(1us);
    EXPECT_TRUE(slept);
    static_cast<void>(reports_.wait_for(3));
  });
  const std::vector<Stall> seen = reports_.wait_for(4);
  EXPECT_THAT(seen[0].coroutine, Not(IsEmpty()));
  EXPECT_NE(seen[2].coroutine, seen[0].coroutine) << "one is in the child, the other in its parent";
}

TEST_P(StallDetectorTest, a_posted_call_that_blocks_is_no_task) {
  const auto detector = watch();
  run([&]() -> Task<> {
    EXPECT_TRUE(loop().post([&] { static_cast<void>(reports_.wait_for(1)); }));
    co_await turns(2);
  });
  const std::vector<Stall> seen = reports_.wait_for(2);
  EXPECT_EQ(seen[0].task, "");
  EXPECT_EQ(seen[0].waited_for, "posted call");
  EXPECT_EQ(seen[0].coroutine, "");
}

TEST_P(StallDetectorTest, a_loop_that_sleeps_or_works_in_small_steps_does_not_stall) {
  const auto detector = watch(1s);
  run([&]() -> Task<> {
    const TimePoint end = Clock::monotonic().now() + 20ms;
    while (Clock::monotonic().now() < end) co_await yield();
    auto slept = co_await sleep(20ms);
    EXPECT_TRUE(slept);
  });
  EXPECT_THAT(reports_.all(), IsEmpty());
}

TEST_P(StallDetectorTest, each_stall_is_reported_once_and_ended_once) {
  const auto detector = watch(4ms);
  run([&]() -> Task<> {
    for (std::size_t i = 0; i < 3; ++i) {
      co_await yield();
      static_cast<void>(reports_.wait_for(2 * i + 1));
      // Longer than it takes to report it twice.
      std::promise<void> never;
      EXPECT_EQ(never.get_future().wait_for(12ms), std::future_status::timeout);
    }
  });
  const std::vector<Stall> seen = reports_.wait_for(6);
  ASSERT_EQ(seen.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(seen[i].is_over, i % 2 == 1) << i;
}

TEST_P(StallDetectorTest, frames_that_come_and_go_while_it_looks_are_no_harm) {
  const auto detector = watch(1ms);
  run([&]() -> Task<> {
    for (int round = 0; round < scaled(200, 4); ++round) {
      co_await with_scope([](Scope& scope) -> Task<> {
        for (int i = 0; i < 20; ++i) {
          scope.spawn([]() -> Task<> { co_await yield(); });
        }
        co_return;
      });
    }
  });
}

TEST_P(StallDetectorTest, a_loop_that_is_not_observed_is_refused) {
  auto plain = Loop::create({.backend = BackendKind::kEpoll}).value();
  std::vector<NamedLoop> loops = {{.name = "plain", .loop = plain.get()}};
  const auto refused = StallDetector::watch(loops, {.report = [](const Stall&) {}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("'plain'"));
}

TEST(StallDetectorOptions, nobody_to_tell_and_no_time_to_look_are_refused) {
  EXPECT_EQ(StallDetector::watch({}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  const auto hasty = StallDetector::watch({}, {.threshold = 1us, .report = [](const Stall&) {}});
  EXPECT_EQ(hasty.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rondo
