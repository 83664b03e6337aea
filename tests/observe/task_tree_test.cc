// SPDX-License-Identifier: MIT
#include "rondo/observe/task_tree.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

Task<> named_wait(const char* name, Event& event) {
  TaskContext& context = co_await this_context();
  context.set_name(name);
  static_cast<void>(co_await event.wait());
}

class TaskTreeTest : public testing::Test {
 protected:
  void turn() {
    for (int i = 0; i < 4; ++i) loop_->run_once();
  }

  Event event_;
  std::unique_ptr<Loop> loop_ = Loop::create({.backend = BackendKind::kEpoll}).value();
};

TEST_F(TaskTreeTest, shows_who_joins_whom_and_what_each_waits_for) {
  loop_->spawn([this]() -> Task<> {
    TaskContext& context = co_await this_context();
    context.set_name("parent");
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.spawn(named_wait, "first", std::ref(event_));
      scope.spawn(named_wait, "second", std::ref(event_));
      auto slept = co_await sleep(1h);
      static_cast<void>(slept);
    });
  });
  turn();
  EXPECT_EQ(task_tree_text(*loop_, "> "),
            "> parent: join\n>   task: sleep\n>   first: event\n>   second: event\n");
  loop_->stop();
  loop_->run();
  EXPECT_TRUE(task_tree(*loop_).empty());
}

TEST_F(TaskTreeTest, tells_deadlines_and_who_has_been_asked_to_stop) {
  Mutex mutex;
  auto held = mutex.try_lock();
  loop_->spawn([&]() -> Task<> {
    auto lock = co_await with_timeout(1h, mutex.lock());
    static_cast<void>(lock);
  });
  loop_->spawn([&]() -> Task<> { co_await shield(named_wait("last wish", event_)); });
  turn();
  const auto lines = task_tree(*loop_);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].deadline, kNever);
  EXPECT_STREQ(lines[1].waits_for, "mutex");
  EXPECT_LE(lines[1].deadline, loop_->now() + 1h);
  loop_->stop();
  turn();
  const std::string text = task_tree_text(*loop_);
  EXPECT_EQ(text, "task: join, stopping\n  last wish: event\n");
  event_.set();
  loop_->run();
}

Task<> nested(int depth, Event& event) {
  if (depth == 0) {
    static_cast<void>(co_await event.wait());
    co_return;
  }
  co_await with_scope([&](Scope& scope) -> Task<> {
    for (int i = 0; i < 10; ++i) scope.spawn(nested, depth - 1, std::ref(event));
    co_return;
  });
}

TEST_F(TaskTreeTest, ten_thousand_tasks_are_written_in_less_than_a_tenth_of_a_second) {
  loop_->spawn(nested, 4, borrow(event_));
  for (int i = 0; i < 100; ++i) loop_->run_once();
  const auto begin = std::chrono::steady_clock::now();
  const std::string text = task_tree_text(*loop_);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11111);
  EXPECT_LT(took, kSanitized ? 2s : 100ms);
  event_.set();
  loop_->run();
}

}  // namespace
}  // namespace rondo
