// SPDX-License-Identifier: MIT
// How a runtime ends: what has been asked is answered, what takes too long is cut.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/server.h"

namespace rondo {
namespace {

class DrainTest : public RuntimeSuite {};
INSTANTIATE_TEST_SUITE_P(, DrainTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

// Between a deadline and 100 ms after it; a busy machine under a sanitizer may need more.
void expect_about(Duration took, Duration expected) {
  EXPECT_GE(took, expected);
  EXPECT_LE(took, expected + (kSanitized ? 1000ms : 100ms));
}

TEST_P(DrainTest, what_has_arrived_is_answered_and_idle_connections_end) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> idle;
  std::vector<RawPeer> asking;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(RawPeer::connect(service.address));
    asking.push_back(RawPeer::connect(service.address));
    expect_echo(idle.back(), "hello");
    expect_echo(asking.back(), "hello");
  }
  for (RawPeer& peer : asking) peer.send("the last question");
  const DrainReport report = server.finish();
  for (RawPeer& peer : asking) EXPECT_EQ(peer.receive_to_end(), "the last question");
  for (RawPeer& peer : idle) EXPECT_TRUE(peer.sees_end());
  EXPECT_EQ(report.flushed, 20u);
  EXPECT_EQ(report.forced, 0u);
  EXPECT_LT(report.took, 2s);
}

TEST_P(DrainTest, who_waits_in_the_queue_of_a_listener_is_served) {
  RuntimeOptions options = GetParam().options();
  options.accepts_per_turn = 1;
  Server server(std::move(options));
  const Service service = server.serve(echo_stream);
  server.run();
  RawPeer first = RawPeer::connect(service.address);
  expect_echo(first, "running");
  std::vector<RawPeer> peers;
  for (int i = 0; i < 200; ++i) {
    peers.push_back(RawPeer::connect(service.address));
    peers.back().send("queued");
  }
  const DrainReport report = server.finish();
  for (RawPeer& peer : peers) ASSERT_EQ(peer.receive_to_end(), "queued");
  EXPECT_EQ(report.flushed, 201u);
}

// Ends neither by itself nor because nothing more is received.
Task<> wait_for_ever(SocketStream stream) {
  auto chunk = co_await stream.receive();
  static_cast<void>(chunk.ok());
  auto slept = co_await sleep(1h);
  EXPECT_TRUE(slept.error().is(Errc::canceled));
}

TEST_P(DrainTest, what_does_not_end_is_cut_at_the_deadline) {
  RuntimeOptions options = GetParam().options();
  options.drain = 150ms;
  Server server(std::move(options));
  const Service stuck = server.serve(wait_for_ever);
  const Service echo = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(RawPeer::connect(i % 2 == 0 ? stuck.address : echo.address));
  }
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 6; }));
  const DrainReport report = server.finish();
  EXPECT_EQ(report.flushed, 3u);
  EXPECT_EQ(report.forced, 3u);
  expect_about(report.took, 150ms);
  for (RawPeer& peer : peers) EXPECT_TRUE(peer.sees_end());
}

TEST_P(DrainTest, a_peer_that_does_not_read_its_answer_is_cut_at_the_deadline) {
  RuntimeOptions options = GetParam().options();
  options.drain = 100ms;
  Server server(std::move(options));
  std::atomic<bool> sending{false};
  const Service service = server.serve([&](SocketStream stream) -> Task<> {
    const std::string much(64 << 20, 'x');
    sending = true;
    auto sent = co_await stream.send_all(much);
    EXPECT_TRUE(sent.error().is(Errc::canceled)) << sent.error().message();
    EXPECT_LT(sent.bytes, much.size());
  });
  server.run();
  RawPeer peer = RawPeer::connect(service.address);
  EXPECT_TRUE(comes_true([&] { return sending.load(); }));
  const DrainReport report = server.finish();
  EXPECT_EQ(report.forced, 1u);
  expect_about(report.took, 100ms);
}

TEST_P(DrainTest, the_second_request_cuts_at_once) {
  RuntimeOptions options = GetParam().options();
  options.drain = 1h;
  Server server(std::move(options));
  const Service service = server.serve(wait_for_ever);
  server.run();
  RawPeer peer = RawPeer::connect(service.address);
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 1; }));
  server.runtime().stop();
  server.runtime().stop();
  const DrainReport report = server.wait();
  EXPECT_EQ(report.forced, 1u);
  EXPECT_LT(report.took, 5s);
}

TEST_P(DrainTest, signals_ask_for_it_and_the_second_one_cuts) {
  RuntimeOptions options = GetParam().options();
  options.drain = 1h;
  options.stop_on = {SIGTERM, SIGINT};
  Server server(std::move(options));
  const Service service = server.serve(wait_for_ever);
  server.run();
  RawPeer peer = RawPeer::connect(service.address);
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 1; }));
  ::kill(::getpid(), SIGTERM);
  ::kill(::getpid(), SIGINT);
  const DrainReport report = server.wait();
  EXPECT_EQ(report.forced, 1u);
  EXPECT_LT(report.took, 5s);
}

TEST_P(DrainTest, asked_before_it_runs_it_ends_at_once) {
  Server server(GetParam().options());
  server.serve(echo_stream);
  server.runtime().stop();
  server.run();
  const DrainReport report = server.wait();
  EXPECT_EQ(report.forced, 0u);
  EXPECT_EQ(server.runtime().serve(loopback_port(), echo_stream).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// Clients that ask as fast as they can until nobody answers, on a new connection
// each time or on lasting ones. An answer is whole, or missing altogether.
class Storm {
 public:
  Storm(const Address& server, bool lasting) {
    for (int i = 0; i < 2; ++i) {
      clients_.emplace_back([this, server, lasting] {
        while (!over_) converse(server, lasting);
      });
    }
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;
  ~Storm() { end(); }

  int answered() const { return answered_; }
  int torn() const { return torn_; }
  void end() {
    over_ = true;
    for (std::thread& client : clients_) client.join();
    clients_.clear();
  }

 private:
  void converse(const Address& server, bool lasting) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Whose handshake is not answered any more would try again for a second.
    const timeval patience{.tv_sec = 0, .tv_usec = 100000};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd, server.data(), server.size()) == 0) {
      while (ask(fd) && lasting && !over_) {
      }
    }
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
  }

  bool ask(int fd) {
    const std::string question(300, 'q');
    if (::send(fd, question.data(), question.size(), MSG_NOSIGNAL) != 300) return false;
    std::string answer(question.size(), '\0');
    const ssize_t count = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
    if (count == 300) ++answered_;
    if (count > 0 && count != 300) ++torn_;
    return count == 300;
  }

  std::atomic<int> answered_{0};
  std::atomic<int> torn_{0};
  std::atomic<bool> over_{false};
  std::vector<std::thread> clients_;
};

TEST_P(DrainTest, in_a_storm_of_connections_no_answer_is_torn) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  Storm storm(service.address, false);
  EXPECT_TRUE(comes_true([&] { return storm.answered() > 50; }));
  const DrainReport report = server.finish();
  storm.end();
  EXPECT_EQ(storm.torn(), 0);
  EXPECT_EQ(report.forced, 0u);
  EXPECT_LT(report.took, 5s);
}

TEST_P(DrainTest, under_load_on_lasting_connections_no_answer_is_torn) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  Storm storm(service.address, true);
  EXPECT_TRUE(comes_true(
      [&] { return storm.answered() > 50 && server.runtime().counters().connections == 2; }));
  const DrainReport report = server.finish();
  storm.end();
  EXPECT_EQ(storm.torn(), 0);
  EXPECT_EQ(report.flushed, 2u);
  EXPECT_EQ(report.forced, 0u);
}

}  // namespace
}  // namespace rondo
