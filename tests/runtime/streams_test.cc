// SPDX-License-Identifier: MIT
// What a stream promises, kept inside each topology: the handler's side is the library's, on a loop
// of the topology, the other side is raw.
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "runtime/server.h"
#include "support/world.h"

namespace rondo {
namespace {

// Each test serves with one handler; what it saw last comes back by `outcome`.
class StreamsTest : public RuntimeSuite {
 protected:
  template <class Handler>
  RawPeer meet(Handler handler) {
    server_.emplace(GetParam().options());
    const Service service = server_->serve(std::move(handler));
    server_->run();
    return RawPeer::connect(service.address);
  }
  void TearDown() override {
    server_.reset();
    RuntimeSuite::TearDown();
  }

  std::promise<Error> outcome_;
  std::optional<Server> server_;
};
INSTANTIATE_TEST_SUITE_P(, StreamsTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

TEST_P(StreamsTest, large_messages_go_both_ways_at_once) {
  const std::string large = pattern(3 << 20);
  RawPeer peer = meet(echo_stream);
  std::thread sender([&] {
    peer.send(large);
    peer.finish_sending();
  });
  EXPECT_TRUE(peer.receive_to_end() == large);
  sender.join();
}

TEST_P(StreamsTest, read_fills_the_callers_memory_and_alternates_with_receive) {
  RawPeer peer = meet([](SocketStream stream) -> Task<> {
    const std::string first = co_await receive_exactly(stream, 4);
    auto chunk = co_await stream.receive();
    if (!chunk) co_return;
    const std::string answer = first + "|" + std::string(chunk->text());
    auto sent = co_await stream.send_all(answer);
    EXPECT_TRUE(sent);
  });
  peer.send("read");
  peer.send("receive");
  EXPECT_EQ(peer.receive_to_end().substr(0, 5), "read|");
}

TEST_P(StreamsTest, a_half_closed_stream_still_gives_its_answer) {
  RawPeer peer = meet([](SocketStream stream) -> Task<> {
    const Received all = co_await receive_to_end(stream);
    auto sent = co_await stream.send_all("all of " + std::to_string(all.bytes.size()));
    EXPECT_TRUE(sent) << sent.error().message();
  });
  peer.send(pattern(100000));
  peer.finish_sending();
  EXPECT_EQ(peer.receive_to_end(), "all of 100000");
}

TEST_P(StreamsTest, several_pieces_leave_in_order) {
  RawPeer peer = meet([](SocketStream stream) -> Task<> {
    std::string one = "one ";
    std::string large = pattern(200000);
    std::string three = " three";
    const std::array<iovec, 3> pieces{iovec{one.data(), one.size()},
                                      iovec{large.data(), large.size()},
                                      iovec{three.data(), three.size()}};
    auto sent = co_await stream.send_all(std::span<const iovec>(pieces));
    EXPECT_TRUE(sent);
  });
  EXPECT_TRUE(peer.receive_to_end() == "one " + pattern(200000) + " three");
}

TEST_P(StreamsTest, a_reset_in_the_middle_of_a_send_is_an_error) {
  RawPeer peer = meet([this](SocketStream stream) -> Task<> {
    const std::string much(64 << 20, 'x');
    auto sent = co_await stream.send_all(much);
    outcome_.set_value(sent.error());
  });
  EXPECT_EQ(peer.receive(1000).size(), 1000u);
  peer.reset();
  const Error error = outcome_.get_future().get();
  EXPECT_TRUE(error.number() == ECONNRESET || error.number() == EPIPE) << error.message();
}

TEST_P(StreamsTest, a_receive_that_takes_too_long_times_out_and_the_stream_goes_on) {
  RawPeer peer = meet([](SocketStream stream) -> Task<> {
    auto nothing = co_await with_timeout(5ms, stream.receive());
    EXPECT_TRUE(nothing.error().is(Errc::timed_out)) << nothing.error().message();
    auto sent = co_await stream.send_all("well?");
    EXPECT_TRUE(sent);
    auto chunk = co_await stream.receive();
    if (!chunk) co_return;
    sent = co_await stream.send_all(*chunk);
    EXPECT_TRUE(sent);
  });
  EXPECT_EQ(peer.receive(5), "well?");
  peer.send("here");
  EXPECT_EQ(peer.receive_to_end(), "here");
}

TEST_P(StreamsTest, children_of_a_handler_read_and_write_at_the_same_time) {
  RawPeer peer = meet([](SocketStream stream) -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        for (int i = 0; i < 100; ++i) {
          auto sent = co_await stream.send_all("tick ");
          if (!sent) co_return;
        }
      });
      scope.spawn([&]() -> Task<> {
        const Received all = co_await receive_to_end(stream);
        EXPECT_EQ(all.bytes.size(), 50000u);
      });
      co_return;
    });
  });
  peer.send(pattern(50000));
  EXPECT_EQ(peer.receive(500).size(), 500u);
  peer.finish_sending();
  EXPECT_EQ(peer.receive_to_end(), "");
}

TEST_P(StreamsTest, a_handler_that_returns_at_once_closes) {
  RawPeer peer = meet([](SocketStream) -> Task<> { co_return; });
  EXPECT_TRUE(peer.sees_end());
}

TEST_P(StreamsTest, a_handler_connects_onward_and_passes_bytes_through) {
  std::optional<Server> behind(std::in_place, GetParam().options());
  const Service target = behind->serve(echo_stream);
  behind->run();
  RawPeer peer = meet([address = target.address](SocketStream stream) -> Task<> {
    auto onward = co_await connect(address);
    EXPECT_TRUE(onward) << onward.error().message();
    if (!onward) co_return;
    while (auto chunk = co_await stream.receive()) {
      auto sent = co_await onward->send_all(*chunk);
      if (!sent) break;
      auto answer = co_await onward->receive();
      if (!answer) break;
      sent = co_await stream.send_all(*answer);
      if (!sent) break;
    }
  });
  for (int i = 0; i < 20; ++i) expect_echo(peer, "through " + std::to_string(i));
  peer.close();
  server_.reset();
  behind.reset();
}

}  // namespace
}  // namespace rondo
