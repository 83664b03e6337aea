// SPDX-License-Identifier: MIT
// Those who wait in a listener's queue while it is closed: by a drain, or for another port.
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/server.h"

namespace rondo {
namespace {

class QueueTest : public RuntimeSuite {
 protected:
  static constexpr int kEnoughToListen = 4;

  static std::vector<RawPeer> connected_to(const Service& service, int count) {
    std::vector<RawPeer> peers;
    for (int i = 0; i < count; ++i) {
      peers.push_back(RawPeer::connect(service.address));
      peers.back().send("queued");
    }
    return peers;
  }
};
INSTANTIATE_TEST_SUITE_P(, QueueTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

// Makes each turn of the loops that serve take longer than a listener waits for handshakes.
void slow_down(Runtime& runtime, int turns) {
  for (std::size_t i = 0; i < runtime.loops(); ++i) {
    const bool spawned = spawn_on(runtime.loop(i), [turns]() -> Task<> {
      for (int turn = 0; turn < turns; ++turn) {
        const auto end = std::chrono::steady_clock::now() + 15ms;
        while (std::chrono::steady_clock::now() < end) {
        }
        auto turned = co_await sleep(0ns);
        if (!turned) co_return;
      }
    });
    EXPECT_TRUE(spawned);
  }
}

TEST_P(QueueTest, a_drain_serves_them_however_long_the_turns_of_the_loop_are) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  slow_down(server.runtime(), 20);
  std::vector<RawPeer> peers = connected_to(service, 50);
  const DrainReport report = server.finish();
  for (RawPeer& peer : peers) EXPECT_EQ(peer.receive_to_end(), "queued");
  EXPECT_EQ(report.flushed, 50u);
  EXPECT_EQ(report.forced, 0u);
}

TEST_P(QueueTest, another_port_leaves_them_served_however_long_the_turns_of_the_loop_are) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  RawPeer first = RawPeer::connect(service.address);
  expect_echo(first, "running");
  slow_down(server.runtime(), 20);
  std::vector<RawPeer> peers = connected_to(service, 50);
  EXPECT_TRUE(server.runtime().rebind(service, loopback_port()).ok());
  for (RawPeer& peer : peers) EXPECT_EQ(peer.receive(6), "queued");
}

// The listener pauses for longer than it waits for handshakes.
TEST_P(QueueTest, a_drain_serves_them_as_soon_as_there_are_descriptors) {
  if (kAddressSanitizer) GTEST_SKIP() << "UBSan needs descriptors of its own";
  std::vector<RawPeer> peers;
  for (int i = 0; i < 30; ++i) peers.push_back(RawPeer::for_connecting_to(loopback_port()));
  std::optional<Server> server(std::in_place, GetParam().options());
  std::optional<DescriptorLimit> none_left(std::in_place, kEnoughToListen);
  const Service service = server->serve(echo_stream);
  none_left->use_up();
  server->run();
  for (RawPeer& peer : peers) peer.connect_to(service.address);
  for (RawPeer& peer : peers) peer.send("queued");
  const Incidents& incidents = server->runtime().incidents();
  const auto pauses = [&] { return incidents.count(Incident::kPausedForDescriptors); };
  EXPECT_TRUE(comes_true([&] { return pauses() >= 3; }));
  const auto before = pauses();
  server->runtime().stop();
  EXPECT_TRUE(comes_true([&] { return pauses() >= before + 2; })) << "in the drain, too";
  none_left.reset();
  EXPECT_EQ(server->wait().flushed, 30u);
  for (RawPeer& peer : peers) EXPECT_EQ(peer.receive_to_end(), "queued");
}

TEST_P(QueueTest, a_drain_gives_them_the_descriptors_of_idle_connections) {
  if (kAddressSanitizer) GTEST_SKIP() << "UBSan needs descriptors of its own";
  RawPeer queued = RawPeer::for_connecting_to(loopback_port());
  RuntimeOptions options = GetParam().options();
  options.drain = 1h;
  std::optional<Server> server(std::in_place, std::move(options));
  const Service service = server->serve(echo_stream);
  server->run();
  std::vector<RawPeer> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(RawPeer::connect(service.address));
    expect_echo(idle.back(), "hello");
  }
  std::optional<DescriptorLimit> none_left(std::in_place, kEnoughToListen);
  none_left->use_up();
  queued.connect_to(service.address);
  queued.send("queued");
  server->runtime().stop();
  for (RawPeer& peer : idle) EXPECT_TRUE(peer.sees_end());
  EXPECT_EQ(queued.receive_to_end(), "queued");
  const DrainReport report = server->wait();
  none_left.reset();
  EXPECT_EQ(report.flushed, 4u);
  EXPECT_EQ(report.forced, 0u);
}

TEST_P(QueueTest, a_drain_serves_them_where_a_turn_may_accept_as_many_as_there_are) {
  RuntimeOptions options = GetParam().options();
  options.accepts_per_turn = 0;
  Server server(std::move(options));
  const Service service = server.serve(echo_stream);
  server.run();
  slow_down(server.runtime(), 5);
  std::vector<RawPeer> peers = connected_to(service, 20);
  EXPECT_EQ(server.finish().flushed, 20u);
  for (RawPeer& peer : peers) EXPECT_EQ(peer.receive_to_end(), "queued");
}

TEST_P(QueueTest, the_second_request_cuts_them_at_once) {
  if (kAddressSanitizer) GTEST_SKIP() << "UBSan needs descriptors of its own";
  RawPeer peer = RawPeer::for_connecting_to(loopback_port());
  RuntimeOptions options = GetParam().options();
  options.drain = 1h;
  std::optional<Server> server(std::in_place, std::move(options));
  std::optional<DescriptorLimit> none_left(std::in_place, kEnoughToListen);
  const Service service = server->serve(echo_stream);
  none_left->use_up();
  server->run();
  peer.connect_to(service.address);
  const Incidents& incidents = server->runtime().incidents();
  EXPECT_TRUE(comes_true([&] { return incidents.count(Incident::kPausedForDescriptors) >= 1; }));
  server->runtime().stop();
  server->runtime().stop();
  EXPECT_LT(server->wait().took, 10s);
  none_left.reset();
  EXPECT_TRUE(peer.sees_end());
}

TEST_P(QueueTest, ports_may_change_while_a_drain_begins) {
  for (int round = 0; round < 10; ++round) {
    Server server(GetParam().options());
    const Service service = server.serve(echo_stream);
    server.run();
    std::atomic<bool> refused{false};
    std::thread mover([&] {
      while (!refused) refused = !server.runtime().rebind(service, loopback_port()).ok();
    });
    std::thread opener([&] {
      for (int i = 0; i < 20 && server.runtime().serve(loopback_port(), echo_stream).ok(); ++i) {
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(round));
    server.finish();
    mover.join();
    opener.join();
    EXPECT_TRUE(refused);
  }
}

TEST(QueueMisuse, a_port_is_not_changed_from_a_loop_of_the_runtime) {
  EXPECT_DEATH(
      {
        Server server({.topology = Topology::kSingle});
        const Service service = server.serve([&server](SocketStream stream) -> Task<> {
          auto moved = server.runtime().serve("127.0.0.1:0", echo_stream);
          static_cast<void>(stream);
          static_cast<void>(moved.ok());
          co_return;
        });
        server.run();
        RawPeer peer = RawPeer::connect(service.address);
        server.wait();
      },
      "Runtime::serve and rebind are for threads that are none of its own");
}

}  // namespace
}  // namespace rondo
