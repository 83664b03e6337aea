// SPDX-License-Identifier: MIT
// What a runtime does when there are more connections than there may be.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/sanitizer.h"
#include "runtime/server.h"
#include "support/usage.h"

namespace rondo {
namespace {

class LimitsTest : public RuntimeSuite {};
INSTANTIATE_TEST_SUITE_P(, LimitsTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

// A connection from one of the many addresses of this machine.
RawPeer connect_from(std::uint8_t host, const Address& server) {
  RawPeer peer = RawPeer::for_connecting_to(server);
  const Endpoint from = Endpoint::ipv4({127, 0, 0, host}, 0);
  EXPECT_EQ(::bind(peer.fd(), from.data(), from.size()), 0);
  peer.connect_to(server);
  return peer;
}

TEST_P(LimitsTest, the_total_is_exact_and_who_is_beyond_is_closed) {
  RuntimeOptions options = GetParam().options();
  options.max_connections = 10;
  Server server(std::move(options));
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> served;
  for (int i = 0; i < 10; ++i) {
    served.push_back(RawPeer::connect(service.address));
    expect_echo(served.back(), "in");
  }
  const Runtime& runtime = server.runtime();
  for (int i = 0; i < 5; ++i) {
    RawPeer refused = RawPeer::connect(service.address);
    EXPECT_TRUE(refused.sees_end());
  }
  EXPECT_EQ(runtime.incidents().count(Incident::kRefusedInTotal), 5u);
  EXPECT_EQ(runtime.counters().accepted, 10u);
  for (RawPeer& peer : served) expect_echo(peer, "still in");
  served.pop_back();
  EXPECT_TRUE(comes_true([&] { return runtime.counters().connections == 9; }));
  served.push_back(RawPeer::connect(service.address));
  expect_echo(served.back(), "in again");
  RawPeer refused = RawPeer::connect(service.address);
  EXPECT_TRUE(refused.sees_end());
}

TEST_P(LimitsTest, each_address_has_its_own_limit) {
  RuntimeOptions options = GetParam().options();
  options.max_per_address = 3;
  Server server(std::move(options));
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> served;
  for (std::uint8_t host : {1, 2, 3}) {
    for (int i = 0; i < 3; ++i) {
      served.push_back(connect_from(host, service.address));
      expect_echo(served.back(), "in");
    }
    RawPeer refused = connect_from(host, service.address);
    EXPECT_TRUE(refused.sees_end());
  }
  EXPECT_EQ(server.runtime().incidents().count(Incident::kRefusedPerAddress), 3u);
  EXPECT_EQ(server.runtime().counters().connections, 9u);
  served.erase(served.begin());
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 8; }));
  RawPeer again = connect_from(1, service.address);
  expect_echo(again, "in again");
}

// What makes a listener of io_uring see the limit is an accept that begins after it was set; the
// clients' ends have descriptors beyond it already.
TEST_P(LimitsTest, without_descriptors_the_first_are_served_and_the_rest_when_some_are_free) {
  if (kAddressSanitizer) GTEST_SKIP() << "UBSan needs descriptors of its own";
  constexpr std::size_t kClients = 200;
  constexpr std::size_t kServed = 20;
  std::vector<RawPeer> peers;
  for (std::size_t i = 0; i < kClients; ++i)
    peers.push_back(RawPeer::for_connecting_to(loopback_port()));
  std::mutex mutex;
  std::vector<std::string> lines;
  RuntimeOptions options = GetParam().options();
  options.incidents.log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  };
  std::optional<Server> server(std::in_place, std::move(options));
  std::optional<DescriptorLimit> limit;
  // The listeners count, too.
  const int listeners = GetParam().topology.accept == AcceptMode::kReusePort ? 2 : 1;
  limit.emplace(static_cast<int>(kServed) + listeners);
  const Service service = server->serve(echo_stream);
  server->run();
  for (RawPeer& peer : peers) peer.connect_to(service.address);
  Runtime& runtime = server->runtime();
  EXPECT_TRUE(comes_true([&] {
    return runtime.counters().connections == kServed &&
           runtime.incidents().count(Incident::kPausedForDescriptors) > 0;
  }));
  // Those who are in are served, and nobody spins.
  for (RawPeer& peer : peers) peer.send("ping");
  const Duration used = processor_time();
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(processor_time() - used, 200ms / (kSanitized ? 2 : 20)) << "5 % of a CPU";
  std::vector<RawPeer*> waiting;
  for (RawPeer& peer : peers) {
    if (peer.receive_some().empty()) waiting.push_back(&peer);
  }
  EXPECT_EQ(waiting.size(), kClients - kServed);

  const auto freed = std::chrono::steady_clock::now();
  limit.reset();
  EXPECT_TRUE(comes_true([&] { return runtime.counters().connections == kClients; }));
  EXPECT_LT(std::chrono::steady_clock::now() - freed, 1s);
  for (RawPeer* peer : waiting) EXPECT_EQ(peer->receive(4), "ping");
  for (RawPeer& peer : peers) expect_echo(peer, "pong");
  {
    const std::lock_guard lock(mutex);
    EXPECT_GE(lines.size(), 1u);
    EXPECT_LE(lines.size(), 3u);
  }
}

}  // namespace
}  // namespace rondo
