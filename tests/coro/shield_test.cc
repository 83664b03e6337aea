// SPDX-License-Identifier: MIT
#include "rondo/coro/shield.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/event.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

using Log = std::vector<std::string>;

class ShieldTest : public testing::Test {
 protected:
  Task<> wait(Event& event, std::string name) {
    auto passed = co_await event.wait();
    log_.push_back(name + (passed ? " passed" : " stopped"));
  }

  TestRunner runner_;
  Event event_;
  Event other_;
  Log log_;
  Scope scope_{runner_};
};

TEST_F(ShieldTest, a_stop_does_not_reach_what_is_shielded_but_what_comes_after) {
  scope_.spawn([this]() -> Task<> {
    co_await shield(wait(event_, "shielded"));
    co_await wait(event_, "after");
  });
  runner_.run_ready();
  scope_.stop();
  runner_.run_ready();
  EXPECT_TRUE(log_.empty());
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"shielded passed", "after stopped"}));
}

TEST_F(ShieldTest, a_task_that_is_stopped_already_can_still_do_shielded_work) {
  scope_.stop();
  scope_.spawn([this]() -> Task<> {
    auto number = []() -> Task<int> { co_return 3; };
    const int value = co_await shield(number());
    EXPECT_EQ(value, 3);
    co_await shield(wait(event_, "shielded"));
  });
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"shielded passed"}));
}

TEST_F(ShieldTest, an_exception_comes_through) {
  const std::string message = runner_.complete([]() -> Task<std::string> {
    auto fail = []() -> Task<> {
      throw std::runtime_error("inside");
      co_return;
    };
    std::string caught;
    try {
      co_await shield(fail());
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_return caught;
  });
  EXPECT_EQ(message, "inside");
}

TEST_F(ShieldTest, destruction_reaches_it) {
  auto scope = std::make_unique<Scope>(runner_);
  scope->spawn([this]() -> Task<> { co_await shield(wait(event_, "shielded")); });
  runner_.run_ready();
  scope.reset();
  event_.set();
  runner_.run_ready();
  EXPECT_TRUE(log_.empty());
}

class CleanUpTest : public ShieldTest {
 protected:
  Task<int> work(const char* failure) {
    auto passed = co_await event_.wait();
    log_.push_back(passed ? "worked" : "work stopped");
    if (failure != nullptr) throw std::runtime_error(failure);
    co_return 4;
  }
  // Spawns work with a clean-up that waits for the other event.
  void spawn(const char* failure) {
    scope_.spawn([this, failure]() -> Task<> {
      try {
        const int value = co_await with_clean_up(
            work(failure), [this]() -> Task<> { co_await wait(other_, "clean-up"); });
        log_.push_back(std::to_string(value));
      } catch (const std::runtime_error& error) {
        log_.push_back(error.what());
      }
    });
    runner_.run_ready();
  }
};

TEST_F(CleanUpTest, comes_after_the_work_and_before_its_value) {
  spawn(nullptr);
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"worked"}));
  other_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"worked", "clean-up passed", "4"}));
}

TEST_F(CleanUpTest, comes_after_a_stop_and_is_not_stopped_itself) {
  spawn(nullptr);
  scope_.stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"work stopped"}));
  other_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"work stopped", "clean-up passed", "4"}));
}

TEST_F(CleanUpTest, comes_after_an_exception_which_goes_on_afterwards) {
  spawn("why");
  event_.set();
  runner_.run_ready();
  other_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"worked", "clean-up passed", "why"}));
}

}  // namespace
}  // namespace rondo
