// SPDX-License-Identifier: MIT
#include "rondo/observe/snapshot.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/observe/loop_state.h"
#include "rondo/observe/task_dump.h"
#include "rondo/rondo.h"
#include "support/backends.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test
using ::testing::HasSubstr;

constexpr Duration kLong = 30s;  // never waited for when all goes well

Task<> sleeps() { static_cast<void>(co_await sleep(1h)); }

class SnapshotTest : public testing::TestWithParam<BackendCell> {
 protected:
  Loop& add(const std::string& name) {
    LoopThreadOptions options;
    options.loop = GetParam().options();
    threads_.push_back(LoopThread::start(std::move(options)).value());
    loops_.push_back({name, &threads_.back()->loop()});
    return threads_.back()->loop();
  }

  std::atomic<bool> over_{false};  // outlives the tasks that look at it
  std::latch ended_{8};
  std::vector<std::unique_ptr<LoopThread>> threads_;
  std::vector<NamedLoop> loops_;
};
INSTANTIATE_TEST_SUITE_P(, SnapshotTest, testing::ValuesIn(main_backend_cells()), name_of_backend);

TEST_P(SnapshotTest, shows_the_tasks_of_all_loops_from_any_thread) {
  ASSERT_TRUE(spawn_on(add("first"), sleeps));
  ASSERT_TRUE(spawn_on(add("second"), sleeps));
  const std::vector<LoopTasks> trees = task_trees(loops_, kLong);
  ASSERT_EQ(trees.size(), 2u);
  for (const LoopTasks& tree : trees) {
    EXPECT_EQ(tree.asked.answer, Answer::kGiven);
    ASSERT_EQ(tree.tasks.size(), 1u) << tree.loop;
    EXPECT_EQ(tree.tasks[0].name == "sleeps" || tree.tasks[0].name == "task", true);
  }
  EXPECT_THAT(to_text(trees, loops_), HasSubstr("loop second: 1 tasks\n"));
}

TEST_P(SnapshotTest, a_loop_that_is_stuck_is_said_to_be_so_and_not_waited_for) {
  std::promise<void> release;
  std::promise<void> stuck;
  Loop& first = add("stuck");
  ASSERT_TRUE(spawn_on(add("well"), sleeps));
  ASSERT_TRUE(first.post([&, waits = release.get_future().share()] {
    stuck.set_value();
    waits.wait();
  }));
  stuck.get_future().wait();
  std::atomic<int> looked{0};
  auto count = [&looked](std::size_t, Loop&) { ++looked; };
  const auto asked = ask_loops(loops_, 20ms, count);
  EXPECT_EQ(asked[0].answer, Answer::kLate);
  const auto trees = task_trees(loops_, 20ms);
  EXPECT_THAT(to_text(trees, loops_), HasSubstr("loop stuck does not answer\n"));
  // Counts are read without its help.
  EXPECT_GT(states_of(loops_, 20ms)[0].counters.turns, 0u);
  const int before = looked;
  release.set_value();
  EXPECT_EQ(task_trees(loops_, kLong)[0].asked.answer, Answer::kGiven);
  EXPECT_EQ(looked, before) << "who has given up is not called any more";
}

TEST_P(SnapshotTest, a_task_may_ask_about_its_own_loop_too) {
  std::promise<std::vector<LoopTasks>> result;
  Loop& first = add("own");
  add("other");
  ASSERT_TRUE(first.post([&] { result.set_value(task_trees(loops_, kLong)); }));
  const auto trees = result.get_future().get();
  EXPECT_EQ(trees[0].asked.answer, Answer::kGiven);
  EXPECT_EQ(trees[1].asked.answer, Answer::kGiven);
}

TEST_P(SnapshotTest, names_the_loop_that_a_task_has_gone_to) {
  Loop& home = add("home");
  Loop& there = add("there");
  std::promise<void> arrived;
  ASSERT_TRUE(spawn_on(
      home,
      [](Loop& target, std::promise<void>& told) -> Task<> {
        TaskContext& self = co_await this_context();
        self.set_name("guest");
        co_await switch_to(target);
        told.set_value();
        static_cast<void>(co_await sleep(1h));
      },
      borrow(there), borrow(arrived)));
  arrived.get_future().wait();
  const std::string text = to_text(task_trees(loops_, kLong), loops_);
  EXPECT_THAT(text, HasSubstr("loop home: 1 tasks\n  guest: on another loop (there)\n"));
  EXPECT_THAT(text, testing::ContainsRegex("loop there: 1 tasks\n  guest: .*of another loop"));
}

// Tasks come, go, wait and travel meanwhile, under TSan too.
TEST_P(SnapshotTest, can_be_taken_at_any_moment) {
  Loop& first = add("first");
  Loop& second = add("second");
  const auto busy = [this](Loop& here, Loop& other, std::atomic<bool>& end) -> Task<> {
    while (!end.load()) {
      co_await with_scope([](Scope& scope) -> Task<> {
        scope.spawn([]() -> Task<> { static_cast<void>(co_await sleep(10us)); });
        scope.spawn([]() -> Task<> { co_await yield(); });
        co_return;
      });
      co_await switch_to(other);
      TaskContext& self = co_await this_context();
      self.set_name("travels");
      static_cast<void>(co_await sleep(10us));
      co_await switch_to(here);
    }
    ended_.count_down();
  };
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(spawn_on(first, busy, borrow(first), borrow(second), borrow(over_)));
    ASSERT_TRUE(spawn_on(second, busy, borrow(second), borrow(first), borrow(over_)));
  }
  for (int i = 0; i < scaled(300); ++i) {
    const auto trees = task_trees(loops_, kLong);
    EXPECT_EQ(trees[0].asked.answer, Answer::kGiven);
  }
  over_ = true;
  ended_.wait();  // a loop that has stopped takes no visitors home
}

TEST(SnapshotRuntimeTest, has_all_loops_of_a_runtime) {
  auto runtime = Runtime::create({.workers = 2}).value();
  std::vector<std::string> names;
  for (const NamedLoop& each : loops_of(*runtime)) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"main", "master-0", "sub-0", "sub-1"}));
  auto single = Runtime::create({.topology = Topology::kSingle}).value();
  EXPECT_EQ(loops_of(*single).size(), 1u);
}

TEST(TaskDumpTest, gives_the_trees_when_the_signal_comes_and_only_while_it_lives) {
  auto thread = LoopThread::start({}).value();
  ASSERT_TRUE(spawn_on(thread->loop(), sleeps));
  std::promise<std::string> first;
  std::promise<std::string> second;
  int number = 0;
  {
    auto dump = TaskDump::on_signal(SIGUSR1, {{"only", &thread->loop()}}, [&](std::string_view t) {
                  (number++ == 0 ? first : second).set_value(std::string(t));
                }).value();
    EXPECT_FALSE(TaskDump::on_signal(SIGUSR1, {}, [](std::string_view) {}).ok());
    ::raise(SIGUSR1);
    EXPECT_THAT(first.get_future().get(), HasSubstr("loop only: 1 tasks\n"));
    ::raise(SIGUSR1);
    EXPECT_THAT(second.get_future().get(), HasSubstr("sleeps: sleep"));
  }
  struct sigaction now {};
  ::sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(LoopStateTest, goes_through_its_line) {
  LoopState state;
  state.loop = "100 %20 of\nsub-7";
  state.backend = "epoll";
  state.asked = {Answer::kLate, 12345ns};
  state.counters.turns = 1;
  state.counters.bytes_sent = 1ull << 60;
  state.descriptors = 42;
  EXPECT_FALSE(loop_state_of_line(to_line(state)).turn_times.has_value());
  Histogram histogram;
  state.timer_lags = DurationCounts(histogram);
  histogram.record(3ms);
  state.turn_times = DurationCounts(histogram);
  const LoopState read = loop_state_of_line(to_line(state));
  EXPECT_EQ(to_line(read), to_line(state));
  EXPECT_EQ(read.loop, state.loop);
  EXPECT_EQ(read.asked.answer, Answer::kLate);
  EXPECT_EQ(read.counters.bytes_sent, 1ull << 60);
  EXPECT_EQ(read.turn_times->total(), 1u);
  EXPECT_EQ(read.timer_lags->total(), 0u);
  EXPECT_EQ(loop_state_of_line("answer=9 =x y loop").loop, "");
  EXPECT_EQ(loop_state_of_line("loop=100%").loop, "100%");
  EXPECT_EQ(loop_state_of_line("loop=a answer=9").asked.answer, Answer::kLate);
}

}  // namespace
}  // namespace rondo
