// SPDX-License-Identifier: MIT
#include "rondo/coro/child.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/event.h"
#include "rondo/coro/scope.h"
#include "rondo/coro/when.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

using Log = std::vector<std::string>;

Task<int> value_after(Event& event, int value) {
  auto waited = co_await event.wait();
  co_return waited ? value : -value;
}

Task<std::unique_ptr<int>> owned(int value) { co_return std::make_unique<int>(value); }

Task<Result<int>> refused() { co_return Errc::broken; }

Task<> nothing() { co_return; }

Task<int> fail_after(Event& event) {
  static_cast<void>(co_await event.wait());
  throw std::runtime_error("child");
}

class ChildTest : public testing::Test {
 protected:
  TestRunner runner_;
  Event event_;
  Log log_;
};

TEST_F(ChildTest, gives_what_the_child_returned_before_or_after_its_end) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      auto early = scope.spawn(owned, 1);
      auto late = scope.spawn(value_after, std::ref(event_), 2);
      auto none = scope.spawn(nothing);
      for (int i = 0; i < 2; ++i) co_await yield();
      EXPECT_TRUE(early.has_ended());
      EXPECT_FALSE(late.has_ended());
      event_.set();
      auto second = co_await late.join();
      EXPECT_EQ(*second, 2);
      auto first = co_await early.join();
      EXPECT_EQ(**first, 1);
      auto third = co_await none.join();
      EXPECT_TRUE(third);
    });
  });
}

TEST_F(ChildTest, a_result_of_the_child_is_given_as_it_is) {
  runner_.complete([this]() -> Task<> {
    Scope scope(runner_);
    auto child = scope.spawn(refused);
    Result<int> joined = co_await child.join();
    EXPECT_TRUE(joined.error().is(Errc::broken));
  });
}

TEST_F(ChildTest, its_value_is_taken_once) {
  runner_.complete([this]() -> Task<> {
    Scope scope(runner_);
    auto child = scope.spawn(owned, 1);
    auto first = co_await child.join();
    EXPECT_TRUE(first);
    auto second = co_await child.join();
    EXPECT_TRUE(second.error().is(Errc::closed));
  });
}

TEST_F(ChildTest, handles_can_be_kept_in_a_container) {
  runner_.complete([this]() -> Task<> {
    Scope scope(runner_);
    std::vector<Child<int>> children;
    for (int i = 0; i < 20; ++i) children.push_back(scope.spawn(value_after, std::ref(event_), i));
    event_.set();
    for (int i = 0; i < 20; ++i) {
      auto value = co_await children[static_cast<std::size_t>(i)].join();
      EXPECT_EQ(*value, i);
    }
  });
}

TEST_F(ChildTest, a_handle_that_is_dropped_leaves_the_child_to_its_scope) {
  runner_.complete([this]() -> Task<> {
    co_await with_scope([this](Scope& scope) -> Task<> {
      {
        auto child = scope.spawn(value_after, std::ref(event_), 1);
        EXPECT_FALSE(child.has_ended());
      }
      co_await yield();
      EXPECT_EQ(scope.running(), 1u);
      event_.set();
    });
  });
}

TEST_F(ChildTest, can_be_stopped_alone) {
  runner_.complete([this]() -> Task<> {
    Scope scope(runner_);
    auto one = scope.spawn(value_after, std::ref(event_), 1);
    auto other = scope.spawn(value_after, std::ref(event_), 2);
    co_await yield();
    one.stop();
    auto stopped = co_await one.join();
    EXPECT_EQ(*stopped, -1);
    one.stop();
    event_.set();
    auto passed = co_await other.join();
    EXPECT_EQ(*passed, 2);
  });
}

TEST_F(ChildTest, a_stop_of_the_one_who_joins_leaves_the_child_running) {
  Scope scope(runner_);
  auto child = std::make_unique<Child<int>>(scope.spawn(value_after, std::ref(event_), 1));
  Scope joiners(runner_);
  joiners.spawn([&]() -> Task<> {
    auto joined = co_await child->join();
    EXPECT_TRUE(joined.error().is(Errc::canceled));
  });
  runner_.run_ready();
  joiners.stop();
  runner_.run_ready();
  EXPECT_EQ(joiners.running(), 0u);
  EXPECT_EQ(scope.running(), 1u);
}

TEST_F(ChildTest, an_exception_goes_to_the_scope_and_the_joiner_hears_that_there_is_no_value) {
  const std::string message = runner_.complete([this]() -> Task<std::string> {
    std::string caught;
    try {
      co_await with_scope([this](Scope& scope) -> Task<> {
        auto child = scope.spawn(fail_after, std::ref(event_));
        event_.set();
        auto joined = co_await child.join();
        log_.push_back(joined ? "value" : joined.error().message());
      });
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_return caught;
  });
  EXPECT_EQ(message, "child");
  EXPECT_EQ(log_, (Log{Error(Errc::closed).message()}));
}

TEST_F(ChildTest, child_and_joiner_may_be_destroyed_in_either_order) {
  for (const bool child_first : {true, false}) {
    auto children = std::make_unique<Scope>(runner_);
    auto child = children->spawn(value_after, std::ref(event_), 1);
    auto joiners = std::make_unique<Scope>(runner_);
    joiners->spawn([&]() -> Task<> {
      auto joined = co_await child.join();
      log_.push_back(joined.error().message());
    });
    runner_.run_ready();
    if (child_first) {
      children.reset();
      joiners.reset();
    } else {
      joiners.reset();
      children.reset();
    }
    runner_.run_ready();
  }
  EXPECT_TRUE(log_.empty());
}

TEST_F(ChildTest, one_that_ends_elsewhere_delivers_at_home) {
  TestRunner away;
  Scope scope(runner_);
  auto child = scope.spawn([&away]() -> Task<int> {
    const bool moved = co_await hop_to(away);
    co_return moved ? 5 : 0;
  });
  runner_.run_ready();
  away.run_ready();
  EXPECT_FALSE(child.has_ended());
  runner_.run_ready();
  EXPECT_TRUE(child.has_ended());
  runner_.complete([&]() -> Task<> {
    auto joined = co_await child.join();
    EXPECT_EQ(*joined, 5);
  });
}

class StartTest : public ChildTest {};

Task<> serve(Started<int> started, Event& ready, Event& end) {
  static_cast<void>(co_await ready.wait());
  started.set(7000);
  static_cast<void>(co_await end.wait());
}

TEST_F(StartTest, goes_on_when_the_child_says_that_it_is_ready) {
  Event end;
  Scope scope(runner_);
  Scope starters(runner_);
  starters.spawn([&]() -> Task<> {
    auto port = co_await scope.start<int>(serve, std::ref(event_), std::ref(end));
    log_.push_back(std::to_string(*port));
  });
  runner_.run_ready();
  EXPECT_TRUE(log_.empty());
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"7000"}));
  EXPECT_EQ(scope.running(), 1u);
}

TEST_F(StartTest, hears_when_the_child_ends_without_being_ready) {
  runner_.complete([this]() -> Task<> {
    Scope scope(runner_);
    auto started = co_await scope.start([](Started<>) -> Task<> { co_return; });
    EXPECT_TRUE(started.error().is(Errc::closed));
  });
}

TEST_F(StartTest, a_stop_ends_the_wait_and_the_child_may_still_report) {
  Event end;
  Scope scope(runner_);
  Scope starters(runner_);
  starters.spawn([&]() -> Task<> {
    auto port = co_await scope.start<int>(serve, std::ref(event_), std::ref(end));
    log_.push_back(port.error().message());
  });
  runner_.run_ready();
  starters.stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{Error(Errc::canceled).message()}));
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(scope.running(), 1u);
}

class SpawnWithinTest : public ChildTest {};

TEST_F(SpawnWithinTest, waits_while_so_many_run) {
  int most = 0;
  int now = 0;
  int done = 0;
  const auto work = [&](int pauses) -> Task<> {
    most = std::max(most, ++now);
    for (int i = 0; i < pauses; ++i) co_await yield();
    --now;
    ++done;
  };
  runner_.complete([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (int i = 0; i < 20; ++i) {
        auto spawned = co_await scope.spawn_within(3, std::ref(work), 1 + i % 4);
        EXPECT_TRUE(spawned);
        EXPECT_LE(scope.running(), 3u);
      }
    });
  });
  EXPECT_EQ(most, 3);
  EXPECT_EQ(done, 20);
}

TEST_F(SpawnWithinTest, after_a_stop_there_is_no_child) {
  Scope scope(runner_);
  scope.spawn(value_after, std::ref(event_), 1);
  Scope spawners(runner_);
  spawners.spawn([&]() -> Task<> {
    auto spawned = co_await scope.spawn_within(1, nothing);
    log_.push_back(spawned.error().message());
  });
  runner_.run_ready();
  spawners.stop();
  event_.set();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{Error(Errc::canceled).message()}));
  EXPECT_EQ(scope.running(), 0u);
}

TEST_F(SpawnWithinTest, a_frame_that_waits_may_be_destroyed_and_its_child_with_it) {
  int alive = 0;
  Scope scope(runner_);
  scope.spawn(value_after, std::ref(event_), 1);
  auto spawners = std::make_unique<Scope>(runner_);
  const auto child = [](Alive) -> Task<> { co_return; };
  spawners->spawn([&]() -> Task<> {
    auto spawned = co_await scope.spawn_within(1, child, Alive(alive));
    EXPECT_TRUE(spawned);
  });
  runner_.run_ready();
  EXPECT_GT(alive, 0);
  spawners.reset();
  EXPECT_EQ(alive, 0);
  event_.set();
  runner_.run_ready();
}

TEST_F(SpawnWithinTest, one_who_gives_up_lets_those_behind_it_go_on) {
  for (const char* end : {"stopped", "destroyed"}) {
    SCOPED_TRACE(end);
    Scope scope(runner_);
    for (int i = 0; i < 3; ++i) scope.spawn(value_after, std::ref(event_), 1);
    const auto spawn_within = [&](std::size_t limit) -> Task<> {
      auto spawned = co_await scope.spawn_within(limit, value_after, std::ref(event_), 1);
      static_cast<void>(spawned);
    };
    auto impatient = std::make_unique<Scope>(runner_);
    impatient->spawn(std::ref(spawn_within), 2u);
    Scope patient(runner_);
    for (std::size_t limit : {4, 5, 5}) patient.spawn(std::ref(spawn_within), limit);
    runner_.run_ready();
    EXPECT_EQ(scope.running(), 3u);
    if (end == std::string("stopped")) {
      impatient->stop();
    } else {
      impatient.reset();
    }
    runner_.run_ready();
    EXPECT_EQ(scope.running(), 5u);
    EXPECT_EQ(patient.running(), 1u);
  }
}

TEST_F(SpawnWithinTest, a_scope_that_is_torn_down_lets_nobody_in) {
  int alive = 0;
  const auto child = [](Alive) -> Task<> { co_return; };
  auto root = std::make_unique<Scope>(runner_);
  root->spawn([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      const auto spawn_within = [&](std::size_t limit) -> Task<> {
        auto spawned = co_await scope.spawn_within(limit, child, Alive(alive));
        EXPECT_FALSE(spawned);
      };
      for (std::size_t limit : {1, 1, 2, 3}) scope.spawn(spawn_within, limit);
      co_await when_all(spawn_within(1), spawn_within(2));
    });
  });
  runner_.run_ready();
  EXPECT_GT(alive, 0);
  root.reset();
  EXPECT_EQ(alive, 0);
}

class OneShotTest : public ChildTest {};

TEST_F(OneShotTest, a_value_waits_for_its_taker_and_comes_once) {
  OneShot<int> value;
  EXPECT_TRUE(value.set(3));
  EXPECT_FALSE(value.set(4));
  runner_.complete([&]() -> Task<> {
    auto first = co_await value.take();
    EXPECT_EQ(*first, 3);
    auto second = co_await value.take();
    EXPECT_TRUE(second.error().is(Errc::closed));
  });
}

TEST_F(OneShotTest, either_end_may_go_first_and_both_may_move) {
  std::optional<OneShot<int>> value(std::in_place);
  auto sender = value->sender();
  OneShot<int> elsewhere(std::move(*value));
  value.reset();
  auto moved = std::move(sender);
  EXPECT_TRUE(moved.is_wanted());
  EXPECT_TRUE(moved.set(9));
  EXPECT_FALSE(moved.is_wanted());
  runner_.complete([&]() -> Task<> {
    auto got = co_await elsewhere.take();
    EXPECT_EQ(*got, 9);
  });
  std::optional<OneShot<>> other(std::in_place);
  auto late = other->sender();
  other.reset();
  EXPECT_FALSE(late.set());
}

TEST_F(OneShotTest, a_value_set_while_its_taker_goes_stays_for_the_next) {
  OneShot<int> value;
  auto takers = std::make_unique<Scope>(runner_);
  const auto take = [&]() -> Task<> {
    auto got = co_await value.take();
    log_.push_back(got ? std::to_string(*got) : got.error().message());
  };
  takers->spawn(take);
  runner_.run_ready();
  EXPECT_TRUE(value.set(6));
  takers.reset();
  Scope others(runner_);
  others.spawn(take);
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{"6"}));
}

TEST_F(OneShotTest, a_stop_ends_the_wait_and_a_late_one_delivers) {
  OneShot<int> value;
  Scope scope(runner_);
  const auto take = [&]() -> Task<> {
    auto got = co_await value.take();
    log_.push_back(got ? std::to_string(*got) : got.error().message());
  };
  auto first = scope.spawn(take);
  runner_.run_ready();
  first.stop();
  runner_.run_ready();
  auto second = scope.spawn(take);
  runner_.run_ready();
  EXPECT_TRUE(value.set(2));
  second.stop();
  runner_.run_ready();
  EXPECT_EQ(log_, (Log{Error(Errc::canceled).message(), "2"}));
}

}  // namespace
}  // namespace rondo
