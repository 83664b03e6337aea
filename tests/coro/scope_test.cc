// SPDX-License-Identifier: MIT
#include "rondo/coro/scope.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/task.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

using Log = std::vector<std::string>;

// Waits at the gate and tells how that ended.
Task<> pass(Gate& gate, Log& log, std::string name) {
  const auto passed = co_await gate.wait();
  log.push_back(name + (passed ? " passed" : " stopped"));
}

Task<> fail(std::string why) {
  throw std::runtime_error(why);
  co_return;
}

Task<> fail_behind(Gate& gate, std::string why) {
  static_cast<void>(co_await gate.wait());
  throw std::runtime_error(why);
}

class ScopeTest : public testing::Test {
 protected:
  // Runs `body` as the body of a scope; the message of the exception that came out of the join.
  template <class Body>
  std::string message_of(Body body) {
    return runner_.complete([&]() -> Task<std::string> {
      std::string message;
      try {
        co_await with_scope(body);
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      co_return message;
    });
  }

  TestRunner runner_;
  Gate gate_;
  Gate other_;
  Log log_;
};

TEST_F(ScopeTest, children_end_before_it_does) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.spawn(pass, std::ref(gate_), std::ref(log_), "first");
      scope.spawn(pass, std::ref(gate_), std::ref(log_), "second");
      EXPECT_EQ(scope.running(), 2u);
      log_.push_back("body");
      co_await yield();
      gate_.open(runner_);
    });
    log_.push_back("joined");
  });
  EXPECT_EQ(log_, (Log{"body", "first passed", "second passed", "joined"}));
}

TEST_F(ScopeTest, gives_what_its_body_returns) {
  const auto value = runner_.complete([]() -> Task<std::unique_ptr<int>> {
    co_return co_await with_scope(
        [](Scope&) -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(9); });
  });
  EXPECT_EQ(*value, 9);
}

TEST_F(ScopeTest, keeps_callable_and_arguments_until_the_child_has_ended) {
  auto kept = std::make_shared<int>(3);
  runner_.complete([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      const auto child = [kept, this](std::shared_ptr<int> argument) -> Task<> {
        static_cast<void>(co_await gate_.wait());
        log_.push_back(std::to_string(*kept + *argument));
      };
      scope.spawn(child, kept);
      co_await yield();
      EXPECT_EQ(kept.use_count(), 4);  // here, in `child`, in its copy, and as the argument
      gate_.open(runner_);
    });
  });
  EXPECT_EQ(log_, (Log{"6"}));
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(ScopeTest, first_exception_stops_the_siblings_and_is_rethrown_at_the_join) {
  const std::string message = message_of([this](Scope& scope) -> Task<> {
    scope.spawn(pass, std::ref(gate_), std::ref(log_), "before");
    scope.spawn(fail, "first");
    scope.spawn(fail, "second");
    scope.spawn(pass, std::ref(gate_), std::ref(log_), "after");
    co_await pass(gate_, log_, "body");
  });
  EXPECT_EQ(message, "first");
  EXPECT_EQ(log_, (Log{"before stopped", "after stopped", "body stopped"}));
}

TEST_F(ScopeTest, an_exception_of_the_body_stops_the_children) {
  const std::string message = message_of([this](Scope& scope) -> Task<> {
    scope.spawn(pass, std::ref(gate_), std::ref(log_), "child");
    co_await yield();
    throw std::runtime_error("body");
  });
  EXPECT_EQ(message, "body");
  EXPECT_EQ(log_, (Log{"child stopped"}));
}

TEST_F(ScopeTest, a_body_that_throws_without_being_a_coroutine_joins_nothing) {
  const std::string message = message_of([](Scope&) -> Task<> { throw std::runtime_error("no"); });
  EXPECT_EQ(message, "no");
}

TEST_F(ScopeTest, an_exception_that_comes_out_of_stopping_is_dropped) {
  const std::string message = message_of([this](Scope& scope) -> Task<> {
    scope.spawn(fail_behind, std::ref(gate_), "because it was stopped");
    scope.spawn(fail, "cause");
    co_return;
  });
  EXPECT_EQ(message, "cause");
}

TEST_F(ScopeTest, stop_ends_the_children_and_not_the_body) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.spawn(pass, std::ref(gate_), std::ref(log_), "child");
      co_await yield();
      scope.stop();
      scope.stop();
      EXPECT_TRUE(scope.stop_requested());
      const bool asked = co_await stop_requested();
      EXPECT_FALSE(asked);
      co_await yield();
      log_.push_back("body");
    });
  });
  EXPECT_EQ(log_, (Log{"child stopped", "body"}));
}

TEST_F(ScopeTest, a_child_spawned_after_a_stop_starts_with_its_stop_requested) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.stop();
      scope.spawn(pass, std::ref(gate_), std::ref(log_), "late");
      co_return;
    });
  });
  EXPECT_EQ(log_, (Log{"late stopped"}));
}

TEST_F(ScopeTest, any_done_waits_for_the_next_child_to_end) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      co_await scope.any_done();
      log_.push_back("nobody there");
      scope.spawn(pass, std::ref(gate_), std::ref(log_), "first");
      scope.spawn(pass, std::ref(other_), std::ref(log_), "second");
      co_await yield();
      gate_.open(runner_);
      co_await scope.any_done();
      log_.push_back("one done");
      EXPECT_EQ(scope.running(), 1u);
      other_.open(runner_);
      co_await yield();
      co_await yield();
      co_await scope.any_done();  // has ended already
      log_.push_back("both done");
    });
  });
  EXPECT_EQ(log_, (Log{"nobody there", "first passed", "one done", "second passed", "both done"}));
}

TEST_F(ScopeTest, any_done_ends_early_when_the_waiter_is_stopped) {
  Scope root(runner_);
  root.spawn([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      // A child that does not heed its stop.
      scope.spawn([this]() -> Task<> {
        while (!other_.has_waiters()) co_await yield();
      });
      co_await scope.any_done();
      log_.push_back("woken");
      static_cast<void>(co_await gate_.wait());
      log_.push_back("stopped");
      scope.spawn([this]() -> Task<> {
        log_.push_back("second child");
        co_return;
      });
    });
    log_.push_back("joined");
  });
  runner_.run_ready(20);
  EXPECT_TRUE(log_.empty());
  root.stop();
  runner_.run_ready(20);
  EXPECT_EQ(log_, (Log{"woken", "stopped", "second child"}));
  Scope helper(runner_);
  Log ignored;
  helper.spawn(pass, std::ref(other_), std::ref(ignored), "helper");
  runner_.run_ready(20);
  EXPECT_EQ(log_.back(), "joined");
  other_.open(runner_);
  runner_.run_ready();
}

TEST_F(ScopeTest, a_failure_handler_takes_every_exception_and_stops_nobody) {
  Log failures;
  Scope root(runner_);
  root.on_failure(
      [](void* where, std::exception_ptr what) {
        try {
          std::rethrow_exception(what);
        } catch (const std::runtime_error& error) {
          static_cast<Log*>(where)->push_back(error.what());
        }
      },
      &failures);
  root.spawn(fail, "one");
  root.spawn(pass, std::ref(gate_), std::ref(log_), "other");
  root.spawn(fail, "two");
  runner_.run_ready();
  gate_.open(runner_);
  runner_.run_ready();
  EXPECT_EQ(failures, (Log{"one", "two"}));
  EXPECT_EQ(log_, (Log{"other passed"}));
}

TEST_F(ScopeTest, scopes_nest_and_failures_go_up_one_at_a_time) {
  const std::string message = message_of([this](Scope& outer) -> Task<> {
    outer.spawn(pass, std::ref(gate_), std::ref(log_), "outer child");
    co_await with_scope([this](Scope& inner) -> Task<> {
      inner.spawn(pass, std::ref(gate_), std::ref(log_), "inner child");
      inner.spawn(fail, "deep");
      co_return;
    });
  });
  EXPECT_EQ(message, "deep");
  EXPECT_EQ(log_, (Log{"inner child stopped", "outer child stopped"}));
}

TEST_F(ScopeTest, a_child_may_end_on_another_runner) {
  TestRunner away;
  Scope root(runner_);
  root.spawn([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        static_cast<void>(co_await hop_to(away));
        log_.push_back("away");
      });
      co_return;
    });
    log_.push_back("joined");
  });
  runner_.run_ready();
  EXPECT_TRUE(log_.empty());
  away.run_ready();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"away", "joined"}));
}

// A family in which something is suspended in every way there is.
Task<> grow_family(TestRunner& runner, Gate& gate, int& alive) {
  const Alive here(alive);
  auto body = [&, held = Alive(alive)](Scope& scope) -> Task<> {
    const Alive in_body(alive);
    const auto child = [&gate, captured = Alive(alive)](Alive, int turns) -> Task<> {
      for (int i = 0; i < turns; ++i) co_await yield();
      const auto passed = co_await gate.wait();
      static_cast<void>(passed);
    };
    for (int i = 0; i < 4; ++i) scope.spawn(child, Alive(alive), i);
    scope.spawn([&]() -> Task<> {
      co_await with_scope([&](Scope& inner) -> Task<> {
        inner.spawn(child, Alive(alive), 1);
        inner.spawn(child, Alive(alive), 5);
        co_await inner.any_done();
        inner.stop();
      });
    });
    for (int i = 0; i < 6; ++i) co_await yield();
    gate.open(runner);
  };
  co_await with_scope(std::move(body));
}

TEST_F(ScopeTest, can_be_destroyed_at_every_point_of_its_life) {
  int points = 0;
  for (bool finished = false; !finished; ++points) {
    int alive = 0;
    {
      TestRunner runner;
      Gate gate;
      Scope root(runner);
      root.spawn(grow_family, std::ref(runner), std::ref(gate), std::ref(alive));
      runner.run_ready(static_cast<std::size_t>(points));
      finished = root.running() == 0;
    }
    ASSERT_EQ(alive, 0) << "destroyed after " << points << " steps";
  }
  EXPECT_GT(points, 30);
}

TEST_F(ScopeTest, can_be_stopped_at_every_point_of_its_life) {
  int points = 0;
  for (bool finished = false; !finished; ++points) {
    int alive = 0;
    TestRunner runner;
    Gate gate;
    Scope root(runner);
    root.spawn(grow_family, std::ref(runner), std::ref(gate), std::ref(alive));
    runner.run_ready(static_cast<std::size_t>(points));
    finished = root.running() == 0;
    root.stop();
    runner.run_ready();
    ASSERT_EQ(root.running(), 0u) << "stopped after " << points << " steps";
    ASSERT_EQ(alive, 0);
  }
  EXPECT_GT(points, 30);
}

}  // namespace
}  // namespace rondo
