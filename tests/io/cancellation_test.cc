// SPDX-License-Identifier: MIT
// Stop requests, and what becomes of the operations that they meet.
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/io/connect.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/world.h"

namespace rondo {
namespace {

class CancellationTest : public TransportTest {
 protected:
  void set_stage() {
    run([&]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      stage_.emplace(any(), listen(), std::move(ends.stream), std::move(ends.peer));
    });
  }
  void TearDown() override {
    stage_.reset();
    TransportTest::TearDown();
  }

  std::optional<Stage> stage_;
};
RONDO_ON_EVERY_CELL(CancellationTest);

TEST_P(CancellationTest, a_stop_ends_every_kind_of_operation_with_canceled) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    Error outcome;
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> { outcome = co_await stage_->suspend_in(kind); });
        co_await turns(3);
        EXPECT_EQ(scope.running(), 1u);
        scope.stop();
      });
    });
    EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
    const bool sends = kind == Suspended::kSendAll || kind == Suspended::kGather;
    if (sends) {
      EXPECT_GT(stage_->sent, 0u);
    } else {
      run([&]() -> Task<> { co_await stage_->expect_works_after(kind); });
    }
  }
}

TEST_P(CancellationTest, a_stop_in_the_turn_of_the_await_ends_it_too) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    Error outcome;
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> { outcome = co_await stage_->suspend_in(kind); });
        co_await yield();
        scope.stop();
      });
    });
    EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
  }
}

TEST_P(CancellationTest, what_begins_after_a_stop_is_canceled_at_once) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    set_stage();
    Error outcome;
    stage_->sent = 1;
    run([&]() -> Task<> {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.stop();
        scope.spawn([&]() -> Task<> { outcome = co_await stage_->suspend_in(kind); });
        co_return;
      });
    });
    EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
    const bool sends = kind == Suspended::kSendAll || kind == Suspended::kGather;
    EXPECT_EQ(stage_->sent, sends ? 0u : 1u);
  }
}

TEST_P(CancellationTest, stopping_the_loop_ends_everything_and_run_returns) {
  int canceled = 0;
  for (Suspended kind : every_suspended()) {
    loop().spawn([this, kind, &canceled]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      Stage stage(any(), listen(), std::move(ends.stream), std::move(ends.peer));
      const Error outcome = co_await stage.suspend_in(kind);
      EXPECT_TRUE(outcome.is(Errc::canceled)) << name_of(kind) << ": " << outcome.message();
      ++canceled;
    });
  }
  turn(20);
  loop().stop();
  loop().run();
  EXPECT_EQ(canceled, static_cast<int>(every_suspended().size()));
}

TEST_P(CancellationTest, a_canceled_send_tells_exactly_how_much_went) {
  const std::string payload = pattern(16 << 20);
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw(64 << 10);
    Transfer sent;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> { sent = co_await ends.stream.send_all(payload); });
      co_await turns(5);
      scope.stop();
    });
    EXPECT_TRUE(sent.error().is(Errc::canceled));
    co_await ends.stream.close();
    const std::string got = ends.peer.receive_to_end();
    EXPECT_EQ(got.size(), sent.bytes);
    EXPECT_TRUE(got == payload.substr(0, got.size()));
  });
}

class RacingCancellationTest : public StreamTest {};
RONDO_ON_EVERY_STREAM_CELL(RacingCancellationTest);
RONDO_IN_EVERY_TOPOLOGY(RacingCancellationTest);

// Each receive is asked to stop after a few turns, while bytes come in all the time. Whatever wins,
// no byte may be lost, doubled or moved.
TEST_P(RacingCancellationTest, receives_that_race_with_their_stop_lose_no_byte) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(200000)));
  auto produce = [&](auto& stream) -> Task<> {
    std::mt19937 random(1);
    std::string_view left = payload;
    while (!left.empty()) {
      auto sent = co_await stream.send_all(left.substr(0, 1 + random() % 200));
      EXPECT_TRUE(sent);
      left.remove_prefix(sent.bytes);
      co_await turns(static_cast<int>(random() % 3));
    }
    auto finished = co_await stream.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
  };
  int canceled = 0;
  int delivered = 0;
  auto consume = [&](auto& stream) -> Task<std::string> {
    std::mt19937 random(2);
    std::string got;
    for (Error outcome; !outcome.is(Errc::end_of_stream);) {
      const int patience = static_cast<int>(random() % 4);
      if (random() % 2 == 0) {
        auto raced = co_await when_any(stream.receive(), turns(patience));
        auto& chunk = std::get<0>(raced.results);
        outcome = chunk.error();
        if (chunk) got += chunk->text();
      } else {
        std::byte room[64];
        auto raced = co_await when_any(stream.read(room), turns(patience));
        auto& count = std::get<0>(raced.results);
        outcome = count.error();
        if (count) got.append(reinterpret_cast<const char*>(room), *count);
      }
      ++(outcome ? canceled : delivered);
      const bool expected =
          !outcome || outcome.is(Errc::canceled) || outcome.is(Errc::end_of_stream);
      EXPECT_TRUE(expected) << outcome.message();
      if (!expected) break;
    }
    co_return got;
  };
  run_between([&](auto& client, auto& server) -> Task<> {
    auto both = co_await when_all(produce(client), consume(server));
    EXPECT_EQ(std::get<1>(both).size(), payload.size());
    EXPECT_TRUE(std::get<1>(both) == payload);
  });
  EXPECT_GT(canceled, 10);
  EXPECT_GT(delivered, 10);
}

TEST_P(RacingCancellationTest, sends_that_race_with_their_stop_account_for_every_byte) {
  const int rounds = scaled(2000);
  const std::string payload = pattern(300000);
  std::string expected;
  auto produce = [&](auto& stream) -> Task<> {
    std::mt19937 random(3);
    for (int i = 0; i < rounds; ++i) {
      const std::size_t size = random() % 16 == 0 ? payload.size() : 1 + random() % 2000;
      const std::string_view message = std::string_view(payload).substr(0, size);
      auto raced =
          co_await when_any(stream.send_all(message), turns(static_cast<int>(random() % 3)));
      const Transfer& sent = std::get<0>(raced.results);
      EXPECT_TRUE(sent.ok() || sent.error().is(Errc::canceled)) << sent.error().message();
      EXPECT_TRUE(!sent.ok() || sent.bytes == size);
      expected += message.substr(0, sent.bytes);
    }
    auto finished = co_await stream.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
  };
  run_between([&](auto& client, auto& server) -> Task<> {
    auto both = co_await when_all(produce(client), receive_to_end(server));
    EXPECT_EQ(std::get<1>(both).bytes.size(), expected.size());
    EXPECT_TRUE(std::get<1>(both).bytes == expected);
  });
}

TEST_P(CancellationTest, accepts_that_race_with_their_stop_lose_no_connection) {
  const int rounds = scaled(300, 5);
  SocketListener listener = listen();
  run([&]() -> Task<> {
    std::mt19937 random(4);
    const Address address = address_of(listener);
    int accepted = 0;
    for (int i = 0; i < rounds; ++i) {
      RawPeer peer = RawPeer::connect(address);
      peer.send("x");
      for (bool got = false; !got;) {
        auto raced = co_await when_any(listener.accept(), turns(static_cast<int>(random() % 3)));
        auto& stream = std::get<0>(raced.results);
        got = stream.ok();
        if (!got) {
          EXPECT_TRUE(stream.error().is(Errc::canceled)) << stream.error().message();
          continue;
        }
        ++accepted;
        auto chunk = co_await stream->receive();
        EXPECT_TRUE(chunk);
      }
    }
    EXPECT_EQ(accepted, rounds);
  });
  { SocketListener gone = std::move(listener); }
}

TEST_P(CancellationTest, a_connect_that_races_with_its_stop_leaves_nothing_behind) {
  const int rounds = scaled(300, 5);
  SocketListener listener = listen();
  run([&]() -> Task<> {
    const Address address = address_of(listener);
    int made = 0;
    for (int i = 0; i < rounds; ++i) {
      auto raced = co_await when_any(connect(address), turns(i % 3));
      auto& stream = std::get<0>(raced.results);
      if (stream) {
        ++made;
        auto accepted = co_await listener.accept();
        EXPECT_TRUE(accepted);
      } else {
        EXPECT_TRUE(stream.error().is(Errc::canceled)) << stream.error().message();
        auto accepted = co_await with_timeout(0ns, listener.accept());
        EXPECT_TRUE(accepted || accepted.error().is(Errc::timed_out));
      }
    }
    EXPECT_GT(made, 0);
  });
  { SocketListener gone = std::move(listener); }
}

class ConnectCancellationTest : public TcpTest {};
RONDO_ON_EVERY_TCP_CELL(ConnectCancellationTest);

TEST_P(ConnectCancellationTest, close_while_connecting) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    DeafListener deaf(any_port());
    const Address address = deaf.address();
    auto socket = Socket::adopt(here, wire::socket(address.family()));
    EXPECT_TRUE(socket);
    auto connect = [&]() -> Task<Result<void>> {
      co_return co_await Connect(socket->slot(), address.data(), address.size());
    };
    auto close = [&]() -> Task<> {
      co_await turns(3);
      co_await socket->close();
    };
    auto both = co_await when_all(connect(), close());
    EXPECT_TRUE(std::get<0>(both).error().is(Errc::closed)) << std::get<0>(both).error().message();
  });
}

}  // namespace
}  // namespace rondo
