// SPDX-License-Identifier: MIT
// Programs are cut short after each of their steps, in every way there is: nothing may leak, be
// freed twice, or complete twice. A step resumes one coroutine, so each place where one suspends is
// met.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "rondo/sim/world.h"
#include "sim/coro_programs.h"
#include "sim/exchange.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

using Stage = ProgramLoops;

Task<std::optional<std::pair<SocketStream, SocketStream>>> connected(Loop& loop) {
  auto listener = TcpListener::listen(loop, Endpoint::parse("127.0.0.1:0").value());
  if (!listener.ok()) co_return std::nullopt;
  const Endpoint address = listener->local_endpoint().value();
  auto both = co_await when_all(TcpStream::connect(address), listener->accept());
  if (!std::get<0>(both) || !std::get<1>(both)) co_return std::nullopt;
  co_return std::pair<SocketStream, SocketStream>(std::move(*std::get<0>(both)),
                                                  std::move(*std::get<1>(both)));
}

using Program = Task<> (*)(Stage);

Task<> sends_pieces_to_a_slow_reader(Stage stage) {
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  std::string piece(900, 'x');
  std::vector<iovec> pieces(4, {piece.data(), piece.size()});
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn([&]() -> Task<> {
      auto sent = co_await ends->first.send_all(pieces);
      if (!sent) co_return;
      auto finished = co_await ends->first.shutdown(Direction::kSend);
      static_cast<void>(finished);
    });
    for (std::size_t got = 0; got < 4 * piece.size();) {
      auto slept = co_await sleep(1ms);
      if (!slept) co_return;
      auto chunk = co_await ends->second.receive();
      if (!chunk) co_return;
      got += chunk->size();
    }
  });
}

Task<> races_and_times_out(Stage stage) {
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  auto late = co_await with_timeout(2ms, ends->first.receive());
  EXPECT_FALSE(late);
  auto first =
      co_await when_any(ends->second.receive(), sleep(1ms), wait_readable(ends->first.fd()));
  static_cast<void>(first);
  auto sent = co_await ends->first.send_all("after all");
  if (!sent) co_return;
  auto chunk = co_await with_timeout(1s, ends->second.receive());
  static_cast<void>(chunk);
}

Task<> closes_under_its_own_operations(Stage stage) {
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  co_await with_scope([&](Scope& scope) -> Task<> {
    SocketStream& stream = ends->first;
    scope.spawn([&]() -> Task<> {
      auto chunk = co_await stream.receive();
      EXPECT_FALSE(chunk);
    });
    scope.spawn([&]() -> Task<> {
      const std::string much(10000, 'x');
      auto sent = co_await stream.send_all(much);
      EXPECT_FALSE(sent);
    });
    auto slept = co_await sleep(2ms);
    if (slept) co_await stream.close();
  });
}

Task<> goes_to_another_loop_and_back(Stage stage) {
  co_await switch_to(stage.there);
  auto slept = co_await sleep(1ms);
  co_await switch_to(stage.here);
  if (!slept) co_return;
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  auto sent = co_await ends->first.send_all("x");
  static_cast<void>(sent);
}

Task<> moves_its_stream_to_another_loop(Stage stage) {
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  SocketStream& stream = ends->first;
  auto sent = co_await ends->second.send_all("to whoever reads");
  if (!sent) co_return;
  auto moved = co_await stream.move_to(stage.there);
  if (moved) {
    auto chunk = co_await stream.receive();
    if (chunk) static_cast<void>(co_await stream.send_all(*chunk));
    co_await stream.close();
  }
  co_await switch_to(stage.here);
  auto answer = co_await ends->second.receive();
  EXPECT_TRUE(!answer || answer->size() > 0);
}

Task<> meets_refusals(Stage) {
  auto refused = co_await TcpStream::connect(Endpoint::parse("10.9.9.9:9").value());
  EXPECT_FALSE(refused);
  auto unreachable = co_await TcpStream::connect(Endpoint::parse("192.0.2.1:9").value());
  EXPECT_FALSE(unreachable);
  auto missing = co_await connect(Address::parse("unix:/nowhere").value());
  EXPECT_FALSE(missing);
}

Task<> resets(Stage stage) {
  auto ends = co_await connected(stage.here);
  if (!ends) co_return;
  auto sent = co_await ends->first.send_all("never read");
  if (!sent) co_return;
  auto readable = co_await wait_readable(ends->second.fd());
  if (!readable) co_return;
  co_await ends->second.close();
  auto chunk = co_await ends->first.receive();
  EXPECT_FALSE(chunk);
}

struct Named {
  const char* name;
  Program run;
};
constexpr Named kPrograms[] = {
    {"sends_pieces_to_a_slow_reader", sends_pieces_to_a_slow_reader},
    {"races_and_times_out", races_and_times_out},
    {"closes_under_its_own_operations", closes_under_its_own_operations},
    {"goes_to_another_loop_and_back", goes_to_another_loop_and_back},
    {"moves_its_stream_to_another_loop", moves_its_stream_to_another_loop},
    {"meets_refusals", meets_refusals},
    {"resets", resets},
    {"hands_jobs_through_stages", hands_jobs_through_stages},
    {"takes_turns_with_locks", takes_turns_with_locks},
    {"starts_limits_and_cleans_up", starts_limits_and_cleans_up},
    {"selects_and_broadcasts", selects_and_broadcasts},
    {"shares_with_another_loop", shares_with_another_loop},
};

sim::Options options(std::uint64_t seed) {
  return {
      .seed = seed, .send_buffer_bytes = 1000, .receive_buffer_bytes = 1000, .most_resumptions = 1};
}

class SimProgramTest : public testing::TestWithParam<Named> {
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
        here->spawn(GetParam().run, Stage{*here, *there});
        for (int i = 0; i < steps && more; ++i) more = world.step();
        cut(world, here, there);
        here.reset();
        there.reset();
        ASSERT_EQ(world.open_descriptors(), 0u);
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, SimProgramTest, testing::ValuesIn(kPrograms),
                         [](const auto& each) { return std::string(each.param.name); });

// A task that is on another loop can only be joined, so it is asked to come home.
TEST_P(SimProgramTest, is_destroyed_at_every_suspension_point) {
  const bool travels = GetParam().run == goes_to_another_loop_and_back ||
                       GetParam().run == moves_its_stream_to_another_loop;
  after_each_step([&](sim::World& world, Loops& here, Loops&) {
    if (!travels) return;
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
