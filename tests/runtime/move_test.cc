// SPDX-License-Identifier: MIT
// A live connection goes to another loop.
#include <atomic>
#include <cerrno>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/server.h"

namespace rondo {
namespace {

class MoveTest : public testing::TestWithParam<BackendCell> {
 protected:
  RuntimeOptions options(std::size_t workers) const {
    RuntimeOptions options;
    options.workers = workers;
    options.loop = GetParam().options();
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(, MoveTest, testing::ValuesIn(backend_cells()), name_of_backend);

// Goes round all loops: receives an order of where to go next, and answers from there.
TEST_P(MoveTest, a_connection_goes_round_all_loops_and_loses_nothing) {
  constexpr std::size_t kLoops = 3;
  Server server(options(kLoops));
  std::atomic<int> wrong_thread{0};
  Runtime* runtime = &server.runtime();
  const Service service = server.serve([&wrong_thread, runtime](SocketStream stream) -> Task<> {
    std::size_t place = 0;
    while (auto chunk = co_await stream.receive()) {
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
      place = (place + 1) % kLoops;
      auto moved = co_await runtime->move(stream, place);
      // Bytes that have come already stay here, with whoever asks for them.
      if (!moved && moved.error().number() != EBUSY) break;
      Loop& here = co_await this_loop();
      if (&here != &stream.loop()) ++wrong_thread;
      if (moved && &here != &runtime->loop(place)) ++wrong_thread;
    }
  });
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(RawPeer::connect(service.address));
  for (int round = 0; round < scaled(200); ++round) {
    for (RawPeer& peer : peers) expect_echo(peer, "round " + std::to_string(round));
  }
  // Two at a time, so that bytes arrive while it moves.
  for (int round = 0; round < scaled(200); ++round) {
    const std::string twice = std::to_string(round) + " and again";
    for (RawPeer& peer : peers) {
      peer.send(twice);
      peer.send(twice);
    }
    for (RawPeer& peer : peers) ASSERT_EQ(peer.receive(2 * twice.size()), twice + twice);
  }
  EXPECT_EQ(wrong_thread, 0);
  peers.clear();
  EXPECT_TRUE(comes_true([&] { return runtime->counters().connections == 0; }));
  for (const LoopLoad& load : runtime->loads()) EXPECT_EQ(load.connections, 0u);
}

TEST_P(MoveTest, a_drain_finds_a_connection_that_has_moved) {
  Server server(options(2));
  Runtime* runtime = &server.runtime();
  const Service service = server.serve([runtime](SocketStream stream) -> Task<> {
    auto chunk = co_await stream.receive();
    if (!chunk) co_return;
    const std::size_t other = &stream.loop() == &runtime->loop(0) ? 1 : 0;
    auto moved = co_await runtime->move(stream, other);
    EXPECT_TRUE(moved) << moved.error().message();
    auto sent = co_await stream.send_all("moved");
    EXPECT_TRUE(sent);
    auto end = co_await stream.receive();
    EXPECT_TRUE(end.error().is(Errc::end_of_stream)) << end.error().message();
    sent = co_await stream.send_all(", and bye");
    EXPECT_TRUE(sent);
  });
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(RawPeer::connect(service.address));
    peers.back().send("go");
    EXPECT_EQ(peers.back().receive(5), "moved");
  }
  EXPECT_EQ(runtime->loads()[0].connections, 2u);
  EXPECT_EQ(runtime->loads()[1].connections, 2u);
  const DrainReport report = server.finish();
  EXPECT_EQ(report.flushed, 4u);
  EXPECT_EQ(report.forced, 0u);
  for (RawPeer& peer : peers) EXPECT_EQ(peer.receive_to_end(), ", and bye");
}

TEST_P(MoveTest, a_connection_that_has_moved_is_cut_at_the_deadline) {
  RuntimeOptions chosen = options(2);
  chosen.drain = 50ms;
  Server server(std::move(chosen));
  Runtime* runtime = &server.runtime();
  const Service service = server.serve([runtime](SocketStream stream) -> Task<> {
    const std::size_t other = &stream.loop() == &runtime->loop(0) ? 1 : 0;
    auto moved = co_await runtime->move(stream, other);
    EXPECT_TRUE(moved) << moved.error().message();
    auto sent = co_await stream.send_all("moved");
    EXPECT_TRUE(sent);
    auto slept = co_await sleep(1h);
    EXPECT_TRUE(slept.error().is(Errc::canceled));
  });
  server.run();
  RawPeer peer = RawPeer::connect(service.address);
  EXPECT_EQ(peer.receive(5), "moved");
  EXPECT_EQ(server.finish().forced, 1u);
}

TEST_P(MoveTest, rebalancing_makes_loops_alike_that_were_not) {
  RuntimeOptions chosen = options(2);
  chosen.chooser = choose_by([](std::span<const LoopLoad>, const Endpoint*) { return 0; });
  Server server(std::move(chosen));
  Runtime* runtime = &server.runtime();
  const Service service = server.serve([runtime](SocketStream stream) -> Task<> {
    while (auto chunk = co_await stream.receive()) {
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
      co_await runtime->rebalance(stream);
    }
  });
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(RawPeer::connect(service.address));
  const auto loads = runtime->loads();
  EXPECT_TRUE(comes_true([&] {
    for (RawPeer& peer : peers) expect_echo(peer, "hello");
    return loads[0].connections >= 8 && loads[1].connections >= 8;
  }));
  EXPECT_EQ(runtime->counters().connections, 20u);
}

TEST_P(MoveTest, those_who_go_in_one_turn_count_each_other) {
  constexpr int kPeers = 40;
  RuntimeOptions chosen = options(2);
  chosen.chooser = choose_by([](std::span<const LoopLoad>, const Endpoint*) { return 0; });
  Server server(std::move(chosen));
  Runtime* runtime = &server.runtime();
  std::atomic<int> decided{0};
  const Service service = server.serve([runtime, &decided](SocketStream stream) -> Task<> {
    while (auto chunk = co_await stream.receive()) {
      if (chunk->text() == "stay") {
        auto sent = co_await stream.send_all(*chunk);
        if (!sent) break;
        continue;
      }
      chunk = Chunk();  // it stays with the loop, so a stream that goes has none
      ++decided;
      co_await runtime->rebalance(stream);
    }
  });
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < kPeers; ++i) {
    peers.push_back(RawPeer::connect(service.address));
    expect_echo(peers.back(), "stay");
  }
  std::promise<void> open;
  ASSERT_TRUE(runtime->loop(1).post([opened = open.get_future().share()] { opened.wait(); }));
  for (RawPeer& peer : peers) peer.send("rebalance");
  EXPECT_TRUE(comes_true([&] { return decided == kPeers; }));
  EXPECT_LE(runtime->loads()[1].connections, kPeers / 2);
  open.set_value();
  for (RawPeer& peer : peers) expect_echo(peer, "stay");
  EXPECT_GE(runtime->loads()[1].connections, kPeers / 3);
  EXPECT_LE(runtime->loads()[1].connections, kPeers / 2);
}

TEST_P(MoveTest, a_task_that_serves_no_connection_has_none_to_move) {
  Server server(options(2));
  const Service service = server.serve(echo_stream);
  server.run();
  Runtime* runtime = &server.runtime();
  std::promise<Error> outcome;
  ASSERT_TRUE(spawn_on(runtime->loop(0), [&, address = service.address]() -> Task<> {
    auto stream = co_await connect(address);
    auto moved = co_await runtime->move(*stream, 1);
    auto same = co_await stream->move_to(stream->loop());
    EXPECT_TRUE(same) << "to where it is already";
    outcome.set_value(moved.error());
  }));
  EXPECT_EQ(outcome.get_future().get().number(), EINVAL);
}

}  // namespace
}  // namespace rondo
