// SPDX-License-Identifier: MIT
// Tasks on a loop that is not their home, when that loop or their own one ends.
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class VisitTest : public BackendTest {
 protected:
  std::unique_ptr<LoopThread> start_thread() {
    return LoopThread::start({.loop = GetParam().options()}).value();
  }
};
RONDO_ON_EVERY_BACKEND(VisitTest);

// Goes there, waits for longer than any test, and comes home with the outcome.
Task<Error> visit(Loop& there, Loop& home, std::atomic<bool>& arrived) {
  const bool is_there = co_await switch_to(there);
  EXPECT_TRUE(is_there);
  arrived = true;
  auto slept = co_await sleep(1h);
  const bool is_back = co_await switch_to(home);
  EXPECT_TRUE(is_back);
  co_return slept.error();
}

TEST_P(VisitTest, a_loop_that_stops_asks_its_visitors_to_stop_and_waits_until_they_left) {
  auto other = start_thread();
  std::atomic<bool> arrived{false};
  Error outcome;
  loop().spawn([&]() -> Task<> { outcome = co_await visit(other->loop(), loop(), arrived); });
  turn_until([&] { return arrived.load(); });
  other->stop();
  other->wait_until_stopped();
  loop().run();
  EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
}

TEST_P(VisitTest, who_comes_to_a_loop_that_has_stopped_is_asked_to_stop) {
  auto other = start_thread();
  other->stop();
  other->wait_until_stopped();
  std::atomic<bool> arrived{false};
  Error outcome;
  run([&]() -> Task<> { outcome = co_await visit(other->loop(), loop(), arrived); });
  EXPECT_TRUE(arrived);
  EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
}

TEST_P(VisitTest, a_loop_without_tasks_of_its_own_runs_on_while_a_visitor_is_there) {
  auto other = Loop::create(GetParam().options()).value();
  Loop* const there = other.get();
  std::atomic<bool> arrived{false};
  Event leave;
  loop().spawn([&]() -> Task<> {
    const bool is_there = co_await switch_to(*there);
    EXPECT_TRUE(is_there);
    arrived = true;
    auto left = co_await leave.wait();
    EXPECT_TRUE(left);
    const bool is_back = co_await switch_to(loop());
    EXPECT_TRUE(is_back);
  });
  std::thread thread([&] {
    while (!arrived) there->run_once();
    there->spawn([&]() -> Task<> {
      leave.set();
      co_return;
    });
    there->run();
    other.reset();
  });
  loop().run();
  thread.join();
}

TEST_P(VisitTest, a_loop_that_is_destroyed_sends_its_visitors_home) {
  std::promise<Loop*> created;
  std::atomic<bool> arrived{false};
  std::thread thread([&] {
    auto other = Loop::create(GetParam().options()).value();
    created.set_value(other.get());
    while (!arrived) other->run_once();
  });
  Loop* const there = created.get_future().get();
  Error outcome;
  run([&]() -> Task<> { outcome = co_await visit(*there, loop(), arrived); });
  thread.join();
  EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
}

TEST_P(VisitTest, loops_whose_tasks_travel_both_ways_can_all_be_stopped) {
  for (int round = scaled(30); round > 0; --round) {
    auto one = start_thread();
    auto two = start_thread();
    std::atomic<int> under_way{0};
    auto travel = [&under_way](Loop& home, Loop& there) -> Task<> {
      int trips = 0;
      for (bool awake = true; awake;) {
        const bool is_there = co_await switch_to(there);
        EXPECT_TRUE(is_there);
        auto rested = co_await sleep(0ns);
        const bool is_back = co_await switch_to(home);
        EXPECT_TRUE(is_back);
        if (++trips == 3) ++under_way;
        awake = static_cast<bool>(rested);
      }
    };
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(spawn_on(one->loop(), travel, borrow(one->loop()), borrow(two->loop())));
      EXPECT_TRUE(spawn_on(two->loop(), travel, borrow(two->loop()), borrow(one->loop())));
    }
    while (under_way < 8) std::this_thread::yield();
    for (auto* thread : {&one, &two}) (*thread)->stop();
    for (auto* thread : {&one, &two}) (*thread)->wait_until_stopped();
  }
}

}  // namespace
}  // namespace rondo
