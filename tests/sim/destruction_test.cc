// SPDX-License-Identifier: MIT
// Programs are cut short after each of their steps, in every way there is: nothing may leak, be
// freed twice, or complete twice. A step resumes one coroutine, so each place where one suspends is
// met.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "rondo/sim/world.h"
#include "sim/exchange.h"
#include "sim/programs.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

sim::Options options(std::uint64_t seed) {
  return {
      .seed = seed, .send_buffer_bytes = 1000, .receive_buffer_bytes = 1000, .most_resumptions = 1};
}

class SimProgramTest : public testing::TestWithParam<Program> {
 protected:
  // Runs the program up to each of its steps, then `cut(world, here, there)`.
  using Loops = std::unique_ptr<Loop>;
  void after_each_step(const std::function<void(sim::World&, Loops&, Loops&)>& cut) {
    for (std::uint64_t seed = 1; seed <= (kSanitized ? 3 : 20); ++seed) {
      bool more = true;
      for (int steps = 0; more; ++steps) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(steps));
        sim::World world(options(seed));
        Loops here = world.create_loop();
        Loops there = world.create_loop();
        here->spawn(GetParam().run, ProgramLoops{*here, *there});
        for (int i = 0; i < steps && more; ++i) more = world.step();
        cut(world, here, there);
        here.reset();
        there.reset();
        ASSERT_EQ(world.open_descriptors(), 0u);
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, SimProgramTest, testing::ValuesIn(all_programs()),
                         [](const auto& each) { return std::string(each.param.name); });

// A task that is on another loop can only be joined, so it is asked to come home.
TEST_P(SimProgramTest, is_destroyed_at_every_suspension_point) {
  after_each_step([&](sim::World& world, Loops& here, Loops&) {
    if (!GetParam().travels) return;
    here->stop();
    const sim::Outcome outcome = world.run();
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  });
}

TEST_P(SimProgramTest, is_stopped_at_every_suspension_point) {
  after_each_step([](sim::World& world, Loops& here, Loops&) {
    here->stop();
    const TimePoint before = world.now();
    const sim::Outcome outcome = world.run();
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
    EXPECT_LT(world.now() - before, 5ms);
  });
}

class SimExchangeCutTest : public testing::TestWithParam<int> {
 protected:
  // Calls `cut(world, exchange)` after 0, 1, 2, ... steps, each time in a new world.
  void after_each_step(const std::function<void(sim::World&, Exchange&)>& cut) {
    const auto seed = static_cast<std::uint64_t>(GetParam());
    bool more = true;
    for (int steps = 0; more; ++steps) {
      SCOPED_TRACE("step " + std::to_string(steps));
      sim::World world(options(seed));
      Exchange exchange(world, {.clients = 2, .messages = 2, .most_bytes = 3000});
      for (int i = 0; i < steps && more; ++i) more = world.step();
      cut(world, exchange);
      exchange.destroy();
      ASSERT_EQ(world.open_descriptors(), 0u);
    }
  }
  static void expect_finished(sim::World& world) {
    const sim::Outcome outcome = world.run();
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  }
};
INSTANTIATE_TEST_SUITE_P(, SimExchangeCutTest, testing::Range(1, kSanitized ? 3 : 11));

TEST_P(SimExchangeCutTest, both_loops_go_with_all_their_frames) {
  after_each_step([](sim::World&, Exchange&) {});
}

TEST_P(SimExchangeCutTest, the_server_goes_and_the_clients_come_to_an_end) {
  after_each_step([](sim::World& world, Exchange& exchange) {
    exchange.destroy_server();
    expect_finished(world);
  });
}

TEST_P(SimExchangeCutTest, the_server_is_asked_to_stop_and_the_clients_come_to_an_end) {
  after_each_step([](sim::World& world, Exchange& exchange) {
    exchange.server().stop();
    expect_finished(world);
  });
}

TEST_P(SimExchangeCutTest, everybody_is_asked_to_stop) {
  after_each_step([](sim::World& world, Exchange& exchange) {
    exchange.server().stop();
    exchange.client().stop();
    expect_finished(world);
  });
}

}  // namespace
}  // namespace rondo
