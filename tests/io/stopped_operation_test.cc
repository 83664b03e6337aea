// SPDX-License-Identifier: MIT
// Stops that meet an operation where it is hard to end: its stream goes in the same turn, the
// kernel has taken part of it, or there is no buffer for it.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/stage.h"
#include "support/wire.h"
#include "support/world.h"

namespace rondo {
namespace {

class StoppedOperationTest : public TransportTest {};
RONDO_ON_EVERY_CELL(StoppedOperationTest);

TEST_P(StoppedOperationTest, what_waits_on_a_stream_that_goes_in_the_turn_of_the_stop_ends) {
  for (Suspended kind :
       {Suspended::kReceive, Suspended::kRead, Suspended::kSendAll, Suspended::kGather}) {
    SCOPED_TRACE(name_of(kind));
    Error outcome;
    bool goes_on = false;
    run([&]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      Stage stage(any(), listen(), std::move(ends.stream), std::move(ends.peer));
      auto wait = [&]() -> Task<> { outcome = co_await stage.suspend_in(kind); };
      auto drop = [&]() -> Task<> {
        co_await turns(3);
        SocketStream gone = std::move(stage.stream);
      };
      auto raced = co_await when_any(wait(), drop());
      EXPECT_EQ(raced.first, 1u);
      Mixed others = co_await connected_to_raw();
      others.peer.send("next");
      const std::string next = co_await receive_exactly(others.stream, 4);
      EXPECT_EQ(next, "next");
      goes_on = true;
    });
    EXPECT_TRUE(outcome.is(Errc::closed) || outcome.is(Errc::canceled)) << outcome.message();
    EXPECT_TRUE(goes_on);
  }
}

TEST_P(StoppedOperationTest, a_stop_in_the_turn_before_the_stream_goes_ends_it_too) {
  Error outcome;
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    auto receive = [&]() -> Task<> {
      auto chunk = co_await ends.stream.receive();
      outcome = chunk.error();
    };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(receive);
      co_await turns(3);
      scope.stop();
      SocketStream gone = std::move(ends.stream);
    };
    co_await with_scope(body);
  });
  EXPECT_TRUE(outcome.is(Errc::closed) || outcome.is(Errc::canceled)) << outcome.message();
}

// Linux finds the socket of such a peer ready, whether there is room or not.
class HalfClosedPeerTest : public BackendTest {
 protected:
  // Sends more than fits, and cuts it short.
  template <class Cut>
  void send_to_half_closed(Cut cut) {
    run([&]() -> Task<> {
      Loop& here = co_await this_loop();
      TcpListener listener = TcpListener::listen(here, loopback_port()).value();
      RawPeer peer = RawPeer::connect(*listener.local_endpoint());
      auto stream = co_await listener.accept();
      peer.finish_sending();
      co_await turns(3);
      const std::string payload = pattern(16 << 20);
      const Transfer sent = co_await cut(*stream, payload);
      EXPECT_LT(sent.bytes, payload.size());
      co_await stream->close();
      const std::string got = peer.receive_to_end();
      EXPECT_EQ(got.size(), sent.bytes);
      EXPECT_TRUE(got == payload.substr(0, got.size()));
    });
  }
};
RONDO_ON_EVERY_BACKEND(HalfClosedPeerTest);

TEST_P(HalfClosedPeerTest, a_send_ends_with_its_timeout) {
  for (const Duration patience : {Duration(1ms), Duration(20ms)}) {
    send_to_half_closed(
        [patience](TcpStream& stream, const std::string& payload) -> Task<Transfer> {
          auto sent = co_await with_timeout(patience, stream.send_all(payload));
          EXPECT_TRUE(sent.error().is(Errc::timed_out)) << sent.error().message();
          co_return sent;
        });
  }
}

TEST_P(HalfClosedPeerTest, a_send_ends_with_its_stop) {
  send_to_half_closed([](TcpStream& stream, const std::string& payload) -> Task<Transfer> {
    Transfer sent;
    auto send = [&]() -> Task<> { sent = co_await stream.send_all(payload); };
    auto body = [&](Scope& scope) -> Task<> {
      scope.spawn(send);
      co_await turns(5);
      scope.stop();
    };
    co_await with_scope(body);
    EXPECT_TRUE(sent.error().is(Errc::canceled)) << sent.error().message();
    co_return sent;
  });
}

class StoppedWithoutBlockTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.pool.max_blocks = 1;
    open(std::move(options));
  }

  // Keeps the only block and waits for another one; `one_step` is how the loop turns when the bytes
  // for that have come.
  void stop_a_receive_without_a_block(const Budget& one_step) {
    auto pair = wire::socket_pair();
    RawPeer peer(std::move(pair.second));
    bool has_first = false;
    std::optional<Error> outcome;
    loop().spawn([&]() -> Task<> {
      Loop& here = co_await this_loop();
      auto socket = Socket::adopt(here, std::move(pair.first));
      EXPECT_TRUE(socket);
      SocketStream stream(std::move(*socket));
      auto first = co_await stream.receive();
      EXPECT_TRUE(first);
      has_first = true;
      auto second = co_await stream.receive();
      outcome = second.error();
    });
    peer.send("a");
    turn_until([&] { return has_first; });
    turn();
    EXPECT_FALSE(outcome.has_value());
    peer.send("b");
    loop().run_once(one_step);
    EXPECT_FALSE(outcome.has_value());
    loop().stop();
    loop().run();
    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(outcome->is(Errc::canceled)) << outcome->message();
  }
};

std::vector<BackendCell> readiness_cells() {
  std::vector<BackendCell> cells = backend_cells();
  std::erase_if(cells, [](const BackendCell& cell) { return cell.kind == BackendKind::kIoUring; });
  return cells;
}
INSTANTIATE_TEST_SUITE_P(, StoppedWithoutBlockTest, testing::ValuesIn(readiness_cells()),
                         name_of_backend);

// The event has come, the receive is to be tried again and has not been yet.
TEST_P(StoppedWithoutBlockTest, a_receive_that_is_stopped_before_it_finds_no_block_is_canceled) {
  Budget nothing;
  nothing.deadline = TimePoint::min();
  stop_a_receive_without_a_block(nothing);
}

TEST_P(StoppedWithoutBlockTest, a_receive_that_is_stopped_while_it_waits_for_a_block_is_canceled) {
  stop_a_receive_without_a_block({});
}

}  // namespace
}  // namespace rondo
