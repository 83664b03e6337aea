// SPDX-License-Identifier: MIT
#include "rondo/coro/when.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/task.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

using Log = std::vector<std::string>;

// Waits at the gate; its value, or minus it when it was stopped.
Task<int> value_behind(Gate& gate, int value) {
  const auto passed = co_await gate.wait();
  co_return passed ? value : -value;
}

Task<> nothing_behind(Gate& gate) { static_cast<void>(co_await gate.wait()); }

Task<int> fail_behind(Gate& gate, const char* why) {
  static_cast<void>(co_await gate.wait());
  throw std::runtime_error(why);
}

class WhenTest : public testing::Test {
 protected:
  TestRunner runner_;
  Gate first_;
  Gate second_;
};

TEST_F(WhenTest, all_gives_every_value) {
  const auto values =
      runner_.complete([this]() -> Task<std::tuple<int, std::unique_ptr<int>, std::monostate>> {
        const auto owned = []() -> Task<std::unique_ptr<int>> {
          co_return std::make_unique<int>(2);
        };
        first_.open(runner_);
        co_return co_await when_all(value_behind(first_, 1), owned(), nothing_behind(first_));
      });
  EXPECT_EQ(std::get<0>(values), 1);
  EXPECT_EQ(*std::get<1>(values), 2);
}

TEST_F(WhenTest, all_takes_operations_as_well_as_tasks) {
  runner_.complete([this]() -> Task<> {
    first_.open(runner_);
    auto results = co_await when_all(value_behind(first_, 5), stop_requested());
    EXPECT_EQ(std::get<0>(results), 5);
    EXPECT_FALSE(std::get<1>(results));
  });
}

TEST_F(WhenTest, all_runs_them_at_the_same_time) {
  runner_.complete([this]() -> Task<> {
    const auto open = [this]() -> Task<> {
      first_.open(runner_);
      co_return;
    };
    auto results = co_await when_all(value_behind(first_, 5), open());
    EXPECT_EQ(std::get<0>(results), 5);
  });
}

TEST_F(WhenTest, all_stops_the_others_at_the_first_exception_and_rethrows_it_when_all_have_ended) {
  Log log;
  const std::string message = runner_.complete([&]() -> Task<std::string> {
    const auto tell = [&]() -> Task<> {
      const int value = co_await value_behind(second_, 3);
      log.push_back(std::to_string(value));
    };
    first_.open(runner_);
    std::string caught;
    try {
      co_await when_all(tell(), fail_behind(first_, "one"), tell());
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_return caught;
  });
  EXPECT_EQ(message, "one");
  EXPECT_EQ(log, (Log{"-3", "-3"}));
}

TEST_F(WhenTest, any_says_who_was_first_and_keeps_what_the_losers_have) {
  runner_.complete([this]() -> Task<> {
    second_.open(runner_);
    auto outcome = co_await when_any(value_behind(first_, 1), value_behind(second_, 2),
                                     nothing_behind(first_));
    EXPECT_EQ(outcome.first, 1u);
    EXPECT_EQ(std::get<0>(outcome.results), -1);
    EXPECT_EQ(std::get<1>(outcome.results), 2);
  });
}

TEST_F(WhenTest, any_loses_nothing_of_a_loser_that_was_ready_too) {
  runner_.complete([this]() -> Task<> {
    first_.open(runner_);
    auto outcome = co_await when_any(value_behind(first_, 1), value_behind(first_, 2));
    EXPECT_EQ(outcome.first, 0u);
    EXPECT_EQ(std::get<0>(outcome.results), 1);
    EXPECT_EQ(std::get<1>(outcome.results), 2);
  });
}

TEST_F(WhenTest, any_rethrows_what_the_first_throws) {
  runner_.complete([this]() -> Task<> {
    first_.open(runner_);
    bool caught = false;
    try {
      co_await when_any(fail_behind(first_, "first"), value_behind(second_, 2));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
  });
}

TEST_F(WhenTest, a_stop_goes_to_all_of_them) {
  Log log;
  Scope root(runner_);
  root.spawn([&]() -> Task<> {
    auto outcome = co_await when_any(value_behind(first_, 1), value_behind(second_, 2));
    log.push_back(std::to_string(std::get<0>(outcome.results)));
    log.push_back(std::to_string(std::get<1>(outcome.results)));
  });
  root.spawn([&]() -> Task<> {
    auto results = co_await when_all(value_behind(first_, 3), value_behind(second_, 4));
    log.push_back(std::to_string(std::get<0>(results)));
    log.push_back(std::to_string(std::get<1>(results)));
  });
  runner_.run_ready();
  root.stop();
  runner_.run_ready();
  EXPECT_EQ(log, (Log{"-3", "-4", "-1", "-2"}));
}

TEST_F(WhenTest, can_be_destroyed_at_every_point) {
  const auto race = [](TestRunner& runner, Gate& open_soon, Gate& closed, int& alive) -> Task<> {
    const Alive here(alive);
    const auto hold = [](Gate& gate, Alive) -> Task<int> {
      const auto passed = co_await gate.wait();
      co_return passed ? 1 : 0;
    };
    const auto open = [&]() -> Task<> {
      co_await yield();
      open_soon.open(runner);
    };
    Alive copy(alive);
    auto inner = when_all(hold(open_soon, copy), hold(open_soon, copy), open());
    co_await when_any(hold(closed, copy), std::move(inner));
  };
  int points = 0;
  for (bool finished = false; !finished; ++points) {
    int alive = 0;
    {
      TestRunner runner;
      Gate open_soon;
      Gate closed;
      Scope root(runner);
      root.spawn(race, std::ref(runner), std::ref(open_soon), std::ref(closed), std::ref(alive));
      runner.run_ready(static_cast<std::size_t>(points));
      finished = root.running() == 0;
    }
    ASSERT_EQ(alive, 0) << "destroyed after " << points << " steps";
  }
  EXPECT_GT(points, 10);
}

}  // namespace
}  // namespace rondo
