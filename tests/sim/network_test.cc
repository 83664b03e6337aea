// SPDX-License-Identifier: MIT
// The simulated network does what the kernel's does, and goes wrong where it is told to.
#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "rondo/sim/world.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

class SimNetworkTest : public testing::Test {
 protected:
  void open(sim::Options options) {
    loop_.reset();
    world_.emplace(std::move(options));
    loop_ = world_->create_loop();
  }
  void SetUp() override { open({}); }
  void TearDown() override {
    loop_.reset();
    EXPECT_EQ(world_->open_descriptors(), 0u);
  }
  template <class Body>
  void run(Body body) {
    loop_->spawn(std::move(body));
    const sim::Outcome outcome = world_->run();
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  }
  static Endpoint at(const char* text) { return Endpoint::parse(text).value(); }

  std::optional<sim::World> world_;
  std::unique_ptr<Loop> loop_;
};

TEST_F(SimNetworkTest, it_has_the_private_addresses_and_no_others) {
  EXPECT_TRUE(TcpListener::listen(*loop_, at("10.1.2.3:80")).ok());
  EXPECT_TRUE(TcpListener::listen(*loop_, at("[fd00::7]:80")).ok());
  EXPECT_TRUE(TcpListener::listen(*loop_, at("0.0.0.0:81")).ok());
  const auto foreign = TcpListener::listen(*loop_, at("192.0.2.1:80"));
  ASSERT_FALSE(foreign.ok());
  EXPECT_NE(foreign.status().message().find("not one of this machine's"), std::string::npos);
  run([]() -> Task<> {
    auto stream = co_await TcpStream::connect(at("192.0.2.1:80"));
    EXPECT_EQ(stream.error().number(), ENETUNREACH);
  });
}

TEST_F(SimNetworkTest, a_port_in_use_is_refused_unless_both_share_it) {
  auto first = TcpListener::listen(*loop_, at("10.0.0.1:80"));
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(TcpListener::listen(*loop_, at("10.0.0.1:80")).ok());
  EXPECT_FALSE(TcpListener::listen(*loop_, at("0.0.0.0:80")).ok());
  EXPECT_TRUE(TcpListener::listen(*loop_, at("10.0.0.2:80")).ok());
  auto second = TcpListener::listen(*loop_, at("10.0.0.1:81"), {.reuse_port = true});
  auto third = TcpListener::listen(*loop_, at("10.0.0.1:81"), {.reuse_port = true});
  EXPECT_TRUE(second.ok() && third.ok());
}

TEST_F(SimNetworkTest, connections_are_spread_over_those_who_share_a_port) {
  std::vector<TcpListener> listeners;
  for (int i = 0; i < 3; ++i) {
    listeners.push_back(
        TcpListener::listen(*loop_, at("10.0.0.1:80"), {.reuse_port = true}).value());
  }
  std::vector<int> taken(listeners.size());
  run([&]() -> Task<> {
    std::vector<TcpStream> clients;
    for (int i = 0; i < 60; ++i) {
      auto stream = co_await TcpStream::connect(at("10.0.0.1:80"));
      EXPECT_TRUE(stream);
      if (stream) clients.push_back(std::move(*stream));
    }
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      for (;;) {
        auto accepted = co_await with_timeout(1ms, listeners[i].accept());
        if (!accepted) break;
        ++taken[i];
      }
    }
  });
  EXPECT_EQ(taken[0] + taken[1] + taken[2], 60);
  for (int each : taken) EXPECT_GT(each, 5);
}

TEST_F(SimNetworkTest, unix_names_are_in_no_file_system) {
  const Address path = Address::parse("unix:/no/such/folder/socket").value();
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto missing = co_await connect(path);
    EXPECT_EQ(missing.error().number(), ENOENT);
    auto listener = listen(here, path);
    EXPECT_TRUE(listener.ok()) << listener.status().message();
    auto client = co_await connect(path);
    EXPECT_TRUE(client);
    auto server = co_await listener->accept();
    EXPECT_TRUE(server);
  });
}

TEST_F(SimNetworkTest, bytes_arrive_in_order_in_pieces_of_any_size) {
  open({.seed = 3, .most_segment_bytes = 50, .send_buffer_bytes = 300});
  std::set<std::size_t> sizes;
  std::string got;
  std::string sent(20000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 256);
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, at("10.0.0.1:80"));
    auto client = co_await TcpStream::connect(at("10.0.0.1:80"));
    auto server = co_await listener->accept();
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto all = co_await client->send_all(sent);
        EXPECT_TRUE(all);
        co_await client->close();
      });
      while (auto chunk = co_await server->receive()) {
        sizes.insert(chunk->size());
        got += chunk->text();
      }
    });
  });
  EXPECT_TRUE(got == sent);
  EXPECT_GT(sizes.size(), 20u);
}

TEST_F(SimNetworkTest, a_queue_that_is_full_makes_tcp_try_again_later) {
  run([]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, at("10.0.0.1:80"), {.backlog = 0});
    auto first = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_TRUE(first);
    const TimePoint begin = here.now();
    auto accept_late = [&]() -> Task<> {
      auto slept = co_await sleep(500ms);
      EXPECT_TRUE(slept);
      auto accepted = co_await listener->accept();
      EXPECT_TRUE(accepted);
    };
    auto both = co_await when_all(TcpStream::connect(at("10.0.0.1:80")), accept_late());
    EXPECT_TRUE(std::get<0>(both));
    EXPECT_GE(here.now() - begin, 1s);
    EXPECT_LT(here.now() - begin, 2s);
  });
}

TEST_F(SimNetworkTest, without_descriptors_calls_fail_as_the_kernels_do) {
  open({.descriptors = 3});
  run([]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, at("10.0.0.1:80"));
    auto first = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_TRUE(first);
    auto second = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_TRUE(second);
    auto third = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_EQ(third.error().number(), EMFILE);
    auto accepted = co_await listener->accept();
    EXPECT_EQ(accepted.error().number(), EMFILE);
    co_await first->close();
    accepted = co_await listener->accept();
    EXPECT_TRUE(accepted);
  });
}

// Fails what it is told to, as often as it is told to.
class TestFaults final : public sim::Faults {
 public:
  Error fail(sim::Call call, int) override {
    auto& left = errors[call];
    if (left.second == 0) return {};
    --left.second;
    return Error::from_errno(left.first);
  }
  Duration travel(const SocketName&, const SocketName&, Duration planned) override {
    return partitioned ? Duration::max() : planned;
  }

  std::map<sim::Call, std::pair<int, int>> errors;  // errno and how often
  bool partitioned = false;
};

TEST_F(SimNetworkTest, calls_fail_where_the_world_says_so) {
  TestFaults faults;
  open({.faults = &faults});
  faults.errors[sim::Call::kBind] = {EACCES, 1};
  EXPECT_FALSE(TcpListener::listen(*loop_, at("10.0.0.1:80")).ok());
  faults.errors[sim::Call::kSocket] = {ENFILE, 1};
  EXPECT_FALSE(TcpListener::listen(*loop_, at("10.0.0.1:80")).ok());
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, at("10.0.0.1:80"));
    faults.errors[sim::Call::kConnect] = {ENOBUFS, 1};
    auto client = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_EQ(client.error().number(), ENOBUFS);
    client = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_TRUE(client);
    faults.errors[sim::Call::kAccept] = {ENOMEM, 1};
    auto server = co_await listener->accept();
    EXPECT_EQ(server.error().number(), ENOMEM);
    server = co_await listener->accept();
    EXPECT_TRUE(server);
    faults.errors[sim::Call::kSend] = {EHOSTUNREACH, 1};
    auto sent = co_await client->send_all("x");
    EXPECT_EQ(sent.error().number(), EHOSTUNREACH);
    faults.errors[sim::Call::kReceive] = {ETIMEDOUT, 1};
    auto chunk = co_await server->receive();
    EXPECT_EQ(chunk.error().number(), ETIMEDOUT);
  });
}

TEST_F(SimNetworkTest, across_a_partition_nothing_arrives_and_timeouts_tell) {
  TestFaults faults;
  open({.faults = &faults});
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, at("10.0.0.1:80"));
    auto client = co_await TcpStream::connect(at("10.0.0.1:80"));
    auto server = co_await listener->accept();
    faults.partitioned = true;
    auto sent = co_await client->send_all("lost");
    EXPECT_TRUE(sent);
    auto chunk = co_await with_timeout(1h, server->receive());
    EXPECT_TRUE(chunk.error().is(Errc::timed_out));
    const TimePoint begin = here.now();
    auto second = co_await TcpStream::connect(at("10.0.0.1:80"));
    EXPECT_EQ(second.error().number(), ETIMEDOUT);
    EXPECT_GE(here.now() - begin, 2min);
  });
}

}  // namespace
}  // namespace rondo
