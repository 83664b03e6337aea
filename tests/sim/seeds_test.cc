// SPDX-License-Identifier: MIT
// Many runs of one exchange, each with a seed of its own.
#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "rondo/sim/world.h"
#include "sim/exchange.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

struct Run {
  std::uint64_t hash;
  Duration virtual_time;
};

Run run(std::uint64_t seed) {
  sim::World world({.seed = seed, .send_buffer_bytes = 2000, .receive_buffer_bytes = 2000});
  const TimePoint begin = world.now();
  Exchange exchange(world, {.address = seed % 2 == 0 ? "10.0.0.1:7000" : "unix:/run/exchange"});
  const sim::Outcome outcome = world.run();
  EXPECT_EQ(outcome.end, sim::End::kFinished) << "seed " << seed << "\n" << outcome.report;
  EXPECT_EQ(exchange.echoed(), 9) << "seed " << seed;
  EXPECT_EQ(world.open_descriptors(), 0u) << "seed " << seed;
  return {world.trace_hash(), world.now() - begin};
}

TEST(SimSeedsTest, every_seed_ends_well) {
  const auto seeds = static_cast<std::uint64_t>(scaled(10000));
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) run(seed);
}

TEST(SimSeedsTest, every_seed_gives_the_same_run_twice) {
  const auto seeds = static_cast<std::uint64_t>(scaled(1000));
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    ASSERT_EQ(run(seed).hash, run(seed).hash) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rondo
