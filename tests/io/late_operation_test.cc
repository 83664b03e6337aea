// SPDX-License-Identifier: MIT
// Operations that were made while their stream or listener was open, and begin when it is not.
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/base/sanitizer.h"
#include "rondo/coro/event.h"
#include "support/wire.h"
#include "support/world.h"

namespace rondo {
namespace {

class LateOperationTest : public BackendTest {
 protected:
  SocketStream adopt(Fd& fd) {
    auto socket = Socket::adopt(loop(), std::move(fd));
    EXPECT_TRUE(socket);
    return SocketStream(std::move(*socket));
  }

  // One task makes an operation with a deadline, which begins later; before that a second task
  // closes the stream and a third one takes another descriptor, whose peer has sent something. What
  // the operation ended with; the other stream is as if there had been none.
  template <class Begin>
  Error begin_late(Begin begin) {
    auto one = wire::socket_pair();
    auto two = wire::socket_pair();
    RawPeer peer(std::move(one.second));
    RawPeer stranger(std::move(two.second));
    SocketStream stream = adopt(one.first);
    Event over;
    Error outcome;
    std::string got;
    loop().spawn([&]() -> Task<> {
      outcome = co_await begin(stream);
      over.set();
    });
    loop().spawn([&]() -> Task<> { co_await stream.close(); });
    loop().spawn([&]() -> Task<> {
      SocketStream other = adopt(two.first);
      stranger.send("secret");
      auto waited = co_await over.wait();
      EXPECT_TRUE(waited);
      auto chunk = co_await with_timeout(10s, other.receive());
      EXPECT_TRUE(chunk) << chunk.error().message();
      if (chunk) got = chunk->text();
    });
    loop().run();
    EXPECT_EQ(got, "secret");
    EXPECT_EQ(stranger.receive_to_end(), "") << "somebody else's bytes";
    return outcome;
  }
};
RONDO_ON_EVERY_BACKEND(LateOperationTest);

TEST_P(LateOperationTest, a_receive_made_before_its_stream_was_closed_takes_nothing_of_the_next) {
  auto receive = [](SocketStream& stream) -> Task<Error> {
    auto chunk = co_await with_timeout(1h, stream.receive());
    if (chunk) ADD_FAILURE() << "it received '" << chunk->text() << "'";
    co_return chunk.error();
  };
  const Error outcome = begin_late(receive);
  EXPECT_TRUE(outcome.is(Errc::closed)) << outcome.message();
}

TEST_P(LateOperationTest, a_read_made_before_its_stream_was_closed_takes_nothing_of_the_next) {
  auto read = [](SocketStream& stream) -> Task<Error> {
    std::byte room[64];
    auto count = co_await with_timeout(1h, stream.read(room));
    EXPECT_FALSE(count);
    co_return count.error();
  };
  const Error outcome = begin_late(read);
  EXPECT_TRUE(outcome.is(Errc::closed)) << outcome.message();
}

TEST_P(LateOperationTest, a_send_made_before_its_stream_was_closed_sends_nothing_to_the_next) {
  auto send = [](SocketStream& stream) -> Task<Error> {
    const std::string text = "not for strangers";
    auto sent = co_await with_timeout(1h, stream.send_all(text));
    EXPECT_EQ(sent.bytes, 0u);
    co_return sent.error();
  };
  const Error outcome = begin_late(send);
  EXPECT_TRUE(outcome.is(Errc::closed)) << outcome.message();
}

TEST_P(LateOperationTest, an_operation_kept_over_the_close_ends_with_closed) {
  auto one = wire::socket_pair();
  auto two = wire::socket_pair();
  RawPeer stranger(std::move(two.second));
  stranger.send("secret");
  run([&]() -> Task<> {
    SocketStream stream = adopt(one.first);
    auto late = stream.receive();
    co_await stream.close();
    SocketStream other = adopt(two.first);
    auto chunk = co_await std::move(late);
    EXPECT_FALSE(chunk);
    EXPECT_TRUE(chunk.error().is(Errc::closed)) << chunk.error().message();
    const std::string secret = co_await receive_exactly(other, 6);
    EXPECT_EQ(secret, "secret");
  });
}

TEST_P(LateOperationTest, a_close_that_is_dropped_before_it_is_awaited_closes_all_the_same) {
  auto pair = wire::socket_pair();
  RawPeer peer(std::move(pair.second));
  const std::size_t before = loop().slots().in_use();
  run([&]() -> Task<> {
    SocketStream stream = adopt(pair.first);
    { auto dropped = stream.close(); }
    EXPECT_FALSE(stream.is_open());
    co_await turns(5);
    EXPECT_TRUE(peer.sees_end());
  });
  EXPECT_EQ(loop().slots().in_use(), before);
}

// The task has taken its first step, the child that closes has not begun.
TEST_P(LateOperationTest, a_loop_may_be_destroyed_before_a_close_that_was_made_begins) {
  auto pair = wire::socket_pair();
  RawPeer peer(std::move(pair.second));
  SocketStream stream = adopt(pair.first);
  loop().spawn([&]() -> Task<> {
    auto closed = co_await with_timeout(1h, stream.close());
    EXPECT_TRUE(closed);
  });
  loop().run_once({.events = 1});
  EXPECT_FALSE(stream.is_open());
  destroy_loop();
  EXPECT_TRUE(peer.sees_end());
}

class PausedAcceptTest : public TransportTest {};
RONDO_ON_EVERY_CELL(PausedAcceptTest);

TEST_P(PausedAcceptTest, a_listener_that_is_closed_while_an_accept_pauses_ends_it_with_closed) {
  if (kAddressSanitizer) return;  // UBSan needs descriptors of its own
  std::optional<Error> outcome;
  run([&]() -> Task<> {
    SocketListener listener = listen();
    RawPeer waiting = RawPeer::connect(address_of(listener));
    std::optional<DescriptorLimit> none_left(std::in_place, 0);
    int failures = 0;
    auto accept = [&]() -> Task<> {
      for (;;) {
        auto stream = co_await listener.accept();
        EXPECT_FALSE(stream);
        if (stream || stream.error().number() != EMFILE) {
          outcome = stream.error();
          break;
        }
        ++failures;
      }
    };
    // After its third failure the next accept pauses for longer than a turn takes.
    auto close = [&]() -> Task<> {
      while (failures < 3 && !outcome) co_await turns(1);
      co_await turns(1);
      co_await listener.close();
      none_left.reset();
    };
    co_await when_all(accept(), close());
  });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->is(Errc::closed)) << outcome->message();
}

}  // namespace
}  // namespace rondo
