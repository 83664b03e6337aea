// SPDX-License-Identifier: MIT
#include "rondo/sim/world.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "sim/exchange.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

TEST(SimWorldTest, a_server_and_its_clients_run_on_loops_of_their_own) {
  sim::World world;
  Exchange exchange(world, {.clients = 5, .messages = 4});
  const sim::Outcome outcome = world.run();
  EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  EXPECT_EQ(exchange.echoed(), 5 * 4);
  EXPECT_EQ(world.open_descriptors(), 0u);
}

TEST(SimWorldTest, time_jumps_to_the_next_deadline) {
  sim::World world;
  auto loop = world.create_loop();
  const TimePoint begin = world.now();
  std::vector<int> order;
  for (int hours : {3, 1, 2}) {
    loop->spawn([hours, &order]() -> Task<> {
      auto slept = co_await sleep(std::chrono::hours(hours));
      EXPECT_TRUE(slept);
      order.push_back(hours);
    });
  }
  EXPECT_EQ(world.run().end, sim::End::kFinished);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(world.now() - begin, 3h);
  EXPECT_LT(world.now() - begin, 3h + 1ms);
}

TEST(SimWorldTest, run_for_stops_the_clock_where_it_was_told_to) {
  sim::World world;
  auto loop = world.create_loop();
  loop->spawn([]() -> Task<> {
    auto slept = co_await sleep(1h);
    EXPECT_TRUE(slept);
  });
  const TimePoint begin = world.now();
  sim::Outcome outcome = world.run_for(1min);
  EXPECT_EQ(outcome.end, sim::End::kTime);
  EXPECT_THAT(outcome.report,
              testing::ContainsRegex("^loop 0: lambda in .*::TestBody: sleep, for 60.000 s, "
                                     "until in 3540.000 s, at world_test.cc:"));
  EXPECT_EQ(world.now(), begin + 1min);
  EXPECT_EQ(world.run_for(59min + 1s).end, sim::End::kFinished);
}

TEST(SimWorldTest, one_seed_gives_one_run_and_others_give_others) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::uint64_t first = 0;
    for (int time = 0; time < 2; ++time) {
      sim::World world({.seed = seed});
      Exchange exchange(world, {.clients = 3, .messages = 3});
      EXPECT_EQ(world.run().end, sim::End::kFinished);
      if (time == 0) first = world.trace_hash();
      EXPECT_EQ(world.trace_hash(), first) << "seed " << seed;
    }
    hashes.insert(first);
  }
  EXPECT_EQ(hashes.size(), 50u);
}

TEST(SimWorldTest, a_world_beside_another_changes_nothing_in_it) {
  sim::World alone;
  Exchange first(alone, {});
  EXPECT_EQ(alone.run().end, sim::End::kFinished);

  sim::World other({.seed = 9});
  sim::World same;
  Exchange second(other, {});
  Exchange third(same, {});
  bool more = true;
  while (more) {
    more = other.step();
    more = same.step() || more;
  }
  EXPECT_EQ(same.trace_hash(), alone.trace_hash());
}

TEST(SimWorldTest, a_deadlock_is_reported_with_what_each_task_waits_for) {
  sim::World world;
  auto loop = world.create_loop();
  auto listener = TcpListener::listen(*loop, Endpoint::parse("10.0.0.1:80").value());
  ASSERT_TRUE(listener.ok());
  loop->spawn(
      [](TcpListener accepts) -> Task<> {
        TaskContext& self = co_await this_context();
        self.set_name("server");
        auto stream = co_await accepts.accept();
        EXPECT_TRUE(stream);
      },
      std::move(*listener));
  loop->spawn([]() -> Task<> {
    TaskContext& self = co_await this_context();
    self.set_name("parent");
    co_await with_scope([](Scope& scope) -> Task<> {
      scope.spawn([]() -> Task<> {
        auto slept = co_await sleep_until(kNever);
        EXPECT_FALSE(slept);
      });
      co_return;
    });
  });
  const sim::Outcome outcome = world.run();
  EXPECT_EQ(outcome.end, sim::End::kDeadlock);
  EXPECT_THAT(outcome.report,
              testing::ContainsRegex("loop 0: server: accept, fd [0-9]+, .*\n"
                                     "loop 0: parent: join.*\n"
                                     "loop 0:   lambda in .*::TestBody: sleep.*\n"));
}

TEST(SimWorldDeathTest, a_loop_that_runs_alone_into_a_deadlock_says_so) {
  EXPECT_DEATH(
      {
        sim::World world;
        auto loop = world.create_loop();
        auto listener = TcpListener::listen(*loop, Endpoint::parse("10.0.0.1:80").value());
        loop->spawn([&]() -> Task<> { static_cast<void>(co_await listener->accept()); });
        loop->run();
      },
      "nothing can ever run again.*\n.*accept");
}

TEST(SimWorldTest, a_loop_may_run_by_itself_and_the_others_have_their_turns_meanwhile) {
  sim::World world;
  Exchange exchange(world, {.clients = 3, .messages = 2});
  exchange.client().run();
  EXPECT_EQ(exchange.echoed(), 3 * 2);
  exchange.server().run();
  EXPECT_EQ(world.open_descriptors(), 0u);
}

TEST(SimWorldTest, tasks_and_posts_travel_between_its_loops) {
  sim::World world;
  auto here = world.create_loop();
  auto there = world.create_loop();
  std::vector<std::string> steps;
  here->spawn([&]() -> Task<> {
    for (int round = 0; round < 3; ++round) {
      co_await switch_to(*there);
      steps.push_back("there");
      co_await switch_to(*here);
      steps.push_back("here");
    }
    EXPECT_TRUE(spawn_on(*there, [&steps]() -> Task<> {
      steps.push_back("spawned");
      co_return;
    }));
  });
  const sim::Outcome outcome = world.run();
  EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  EXPECT_EQ(steps, (std::vector<std::string>{"there", "here", "there", "here", "there", "here",
                                             "spawned"}));
}

TEST(SimWorldTest, each_event_can_be_watched) {
  std::vector<std::string> lines;
  sim::World world({.on_event = [&](std::string_view line) { lines.emplace_back(line); }});
  Exchange exchange(world, {.clients = 1, .messages = 1});
  EXPECT_EQ(world.run().end, sim::End::kFinished);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(), "0.000000000 s  0 opened 0");
  const auto has = [&](const char* what) {
    for (const std::string& line : lines) {
      if (line.find(what) != std::string::npos) return true;
    }
    return false;
  };
  for (const char* what : {"listens", "connects", "accepted", "sends", "receives", "closed"}) {
    EXPECT_TRUE(has(what)) << what;
  }
}

TEST(SimWorldTest, a_kernel_loop_cannot_be_asked_to_be_simulated) {
  auto loop = Loop::create({.backend = BackendKind::kSim});
  ASSERT_FALSE(loop.ok());
  EXPECT_NE(loop.status().message().find("sim::World"), std::string::npos);
}

TEST(SimWorldDeathTest, a_world_must_outlive_its_loops) {
  EXPECT_DEATH(
      {
        auto world = std::make_unique<sim::World>();
        auto loop = world->create_loop();
        world.reset();
      },
      "before its loops");
}

}  // namespace
}  // namespace rondo
