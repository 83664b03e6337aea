// SPDX-License-Identifier: MIT
#include "rondo/coro/context.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/assert.h"
#include "rondo/coro/shield.h"
#include "rondo/coro/task.h"
#include "rondo/coro/this_task.h"
#include "rondo/coro/when.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

class ContextTest : public testing::Test {
 protected:
  // Spawns `function`, runs until everything waits, and gives its context.
  template <class Function, class... Arguments>
  TaskContext& spawn(Function function, Arguments... arguments) {
    scope_.spawn(function, arguments...);
    struct Last final : TaskVisitor {
      void visit(TaskContext& task) override { context = &task; }
      TaskContext* context = nullptr;
    } last;
    scope_.show_tasks(last);
    require(last.context != nullptr, "the child has not been added");
    return *last.context;
  }

  TestRunner runner_;
  Gate gate_;
  std::vector<std::string> log_;
  Scope scope_{runner_};
};

Task<> wait_below(Gate& gate, std::vector<std::string>& log, int depth) {
  if (depth != 0) {
    co_await wait_below(gate, log, depth - 1);
    co_return;
  }
  const auto passed = co_await gate.wait();
  log.push_back(passed ? "passed" : passed.error().message());
}

TEST_F(ContextTest, stop_reaches_what_the_innermost_frame_waits_for) {
  TaskContext& context = spawn(wait_below, std::ref(gate_), std::ref(log_), 5);
  runner_.run_ready();
  ASSERT_NE(context.waiting_for(), nullptr);
  EXPECT_STREQ(context.waiting_for()->what(), "gate");
  context.stop();
  EXPECT_TRUE(log_.empty()) << "a stop resumes nobody in the call";
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{Error(Errc::canceled).message()}));
  EXPECT_EQ(scope_.running(), 0u);
}

TEST_F(ContextTest, stop_reaches_through_scopes_and_when_all) {
  TaskContext& context = spawn([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.spawn(wait_below, std::ref(gate_), std::ref(log_), 2);
      co_await when_all(wait_below(gate_, log_, 1), wait_below(gate_, log_, 0));
    });
    log_.push_back("joined");
  });
  runner_.run_ready();
  EXPECT_STREQ(context.waiting_for()->what(), "join");
  context.stop();
  runner_.run_ready();
  const std::string canceled = Error(Errc::canceled).message();
  EXPECT_EQ(log_, (std::vector<std::string>{canceled, canceled, canceled, "joined"}));
}

TEST_F(ContextTest, stopped_before_its_start_a_task_starts_and_its_operations_end_at_once) {
  spawn(wait_below, std::ref(gate_), std::ref(log_), 1).stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{Error(Errc::canceled).message()}));
}

TEST_F(ContextTest, a_stop_after_the_operation_has_its_result_does_not_take_it_away) {
  TaskContext& context = spawn(wait_below, std::ref(gate_), std::ref(log_), 0);
  runner_.run_ready();
  gate_.open(runner_);
  context.stop();
  context.stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"passed"}));
}

TEST_F(ContextTest, code_that_does_not_wait_can_ask_whether_it_should_stop) {
  TaskContext& context = spawn([this]() -> Task<> {
    for (int round = 0;; ++round) {
      const bool asked = co_await stop_requested();
      if (asked) {
        log_.push_back(std::to_string(round));
        co_return;
      }
      co_await yield();
    }
  });
  runner_.run_ready(3);
  context.stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"3"}));
}

TEST_F(ContextTest, has_a_name_for_people) {
  TaskContext& context = spawn([this]() -> Task<> {
    TaskContext& mine = co_await this_context();
    mine.set_name("episode");
    static_cast<void>(co_await gate_.wait());
  });
  runner_.run_ready();
  EXPECT_STREQ(context.name(), "episode");
}

// A task that goes to another runner and comes home for its end.
class AwayTest : public ContextTest {
 protected:
  TestRunner away_;
};

Task<> wait_away(TestRunner& away, Gate& gate, std::vector<std::string>& log) {
  const bool moved = co_await hop_to(away);
  log.push_back(moved ? "away" : "stayed");
  const auto passed = co_await gate.wait();
  log.push_back(passed ? "passed" : "stopped");
}

TEST_F(AwayTest, a_task_goes_on_at_the_other_runner_and_ends_at_home) {
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  EXPECT_TRUE(context.is_away());
  EXPECT_TRUE(log_.empty());
  away_.run_ready();
  gate_.open(away_);
  away_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"away", "passed"}));
  EXPECT_EQ(scope_.running(), 1u);
  runner_.run_ready();
  EXPECT_EQ(scope_.running(), 0u);
}

TEST_F(AwayTest, a_task_stays_where_it_is_when_the_other_runner_takes_no_mail) {
  away_.refuse_mail();
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  EXPECT_FALSE(context.is_away());
  EXPECT_EQ(log_, (std::vector<std::string>{"stayed"}));
}

TEST_F(AwayTest, a_stop_travels_to_where_the_task_is) {
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  away_.run_ready();
  context.stop();
  away_.run_ready();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"away", "stopped"}));
  EXPECT_EQ(scope_.running(), 0u);
}

TEST_F(AwayTest, a_stop_that_arrives_before_the_task_waits_is_not_lost) {
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  context.stop();  // the task is in the mail, and the stop behind it
  away_.run_ready();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"away", "stopped"}));
  EXPECT_EQ(scope_.running(), 0u);
}

TEST_F(AwayTest, a_task_that_ends_behind_its_stop_goes_once) {
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  away_.run_ready();
  context.stop();
  away_.run_ready(1);  // the stop has been delivered
  away_.run_ready();   // the task ends
  runner_.run_ready();
  EXPECT_EQ(scope_.running(), 0u);
}

TEST_F(AwayTest, a_task_that_ends_before_its_stop_arrives_does_not_wait_for_it) {
  TaskContext& context = spawn(wait_away, std::ref(away_), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  away_.run_ready();
  gate_.open(away_);
  context.stop();
  away_.run(1, [] { return true; });  // the task passes and ends; the stop is still in the mail
  runner_.run_ready();
  EXPECT_EQ(scope_.running(), 0u);
  away_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"away", "passed"}));
}

Task<> come_back(TestRunner& away, TestRunner& home, Gate& gate) {
  static_cast<void>(co_await hop_to(away));
  static_cast<void>(co_await hop_to(home));
  co_await shield([](Gate& closed) -> Task<> { static_cast<void>(co_await closed.wait()); }(gate));
}

TEST_F(AwayTest, a_stop_does_not_touch_a_task_that_came_home_and_was_destroyed_there) {
  {
    Scope scope(runner_);
    scope.spawn(come_back, std::ref(away_), std::ref(runner_), std::ref(gate_));
    runner_.run_ready();
    scope.stop();        // to `away_`, behind the task
    away_.run_ready(1);  // the task goes home; the stop stays in the mail
    runner_.run_ready();
    EXPECT_TRUE(gate_.has_waiters());
  }
  away_.run_ready();
}

TEST_F(AwayTest, a_stop_follows_a_task_that_has_moved_on) {
  TestRunner further;
  TaskContext& context = spawn(
      [](TestRunner& first, TestRunner& second, Gate& gate,
         std::vector<std::string>& log) -> Task<> {
        static_cast<void>(co_await hop_to(first));
        co_await wait_away(second, gate, log);
      },
      std::ref(away_), std::ref(further), std::ref(gate_), std::ref(log_));
  runner_.run_ready();
  context.stop();     // to `away_`, behind the task
  away_.run_ready();  // the task moves on; the stop follows
  further.run_ready();
  runner_.run_ready();
  EXPECT_EQ(log_, (std::vector<std::string>{"away", "stopped"}));
  EXPECT_EQ(scope_.running(), 0u);
}

TEST(ContextDeathTest, a_task_that_is_away_cannot_be_destroyed) {
  EXPECT_DEATH(
      {
        TestRunner runner;
        TestRunner away;
        Gate gate;
        std::vector<std::string> log;
        Scope scope(runner);
        scope.spawn(wait_away, std::ref(away), std::ref(gate), std::ref(log));
        runner.run_ready();
      },
      "can only be joined, not destroyed");
}

}  // namespace
}  // namespace rondo
