// SPDX-License-Identifier: MIT
// What a stream does whose peer is a socket without the library.
#include "rondo/net/socket_stream.h"

#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class SocketStreamTest : public TransportTest {};
RONDO_ON_EVERY_CELL(SocketStreamTest);
RONDO_IN_EVERY_TOPOLOGY(SocketStreamTest);

bool is_reset(Error error) { return error.number() == ECONNRESET || error.number() == EPIPE; }

TEST_P(SocketStreamTest, connect_to_an_address_where_nobody_listens_is_refused) {
  run([&]() -> Task<> {
    Address nobody;
    {
      RawListener gone(any());
      nobody = gone.address();
    }
    auto stream = co_await connect(nobody);
    EXPECT_FALSE(stream);
    EXPECT_EQ(stream.error().number(), ECONNREFUSED);
  });
}

TEST_P(SocketStreamTest, a_slow_reader_makes_send_all_wait_and_still_gets_every_byte) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(16 << 20, 2)));
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw(64 << 10);
    bool sent_all = false;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto sent = co_await ends.stream.send_all(payload);
        EXPECT_TRUE(sent) << sent.error().message();
        EXPECT_EQ(sent.bytes, payload.size());
        sent_all = true;
      });
      co_await turns(50);
      EXPECT_FALSE(sent_all) << "nobody has read anything yet";
      std::string got;
      while (got.size() < payload.size()) {
        got += ends.peer.receive_some(100000);
        co_await turns(1);
      }
      EXPECT_TRUE(got == payload);
    });
    EXPECT_TRUE(sent_all);
  });
}

TEST_P(SocketStreamTest, send_tells_how_much_the_kernel_took) {
  const std::string payload(64 << 20, 'x');
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw(64 << 10);
    auto sent = co_await ends.stream.send(bytes_of(payload));
    EXPECT_TRUE(sent);
    EXPECT_GE(*sent, 1u);
    EXPECT_LT(*sent, payload.size());
    const std::size_t count = *sent;
    co_await ends.stream.close();
    EXPECT_EQ(ends.peer.receive_to_end().size(), count);
  });
}

TEST_P(SocketStreamTest, the_end_of_the_stream_comes_after_all_bytes_and_stays) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    ends.peer.send("last words");
    ends.peer.close();
    const std::string words = co_await receive_exactly(ends.stream, 10);
    EXPECT_EQ(words, "last words");
    for (int i = 0; i < 3; ++i) {
      auto chunk = co_await ends.stream.receive();
      EXPECT_TRUE(chunk.error().is(Errc::end_of_stream));
      std::byte room[4];
      auto count = co_await ends.stream.read(room);
      EXPECT_TRUE(count.error().is(Errc::end_of_stream));
    }
  });
}

TEST_P(SocketStreamTest, shutting_down_the_receiving_direction_ends_a_receive_that_waits) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.stream.receive(); };
    auto shut = [&]() -> Task<> {
      co_await turns(3);
      auto done = co_await ends.stream.shutdown(Direction::kReceive);
      EXPECT_TRUE(done);
    };
    auto both = co_await when_all(receive(), shut());
    EXPECT_TRUE(std::get<0>(both).error().is(Errc::end_of_stream));
  });
}

// With SIGPIPE at its default: it would end the process.
TEST_P(SocketStreamTest, peer_resets_mid_send) {
  const std::string payload(64 << 20, 'x');
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw(64 << 10);
    auto send = [&]() -> Task<Transfer> { co_return co_await ends.stream.send_all(payload); };
    auto reset = [&]() -> Task<> {
      co_await turns(5);
      ends.peer.reset();
    };
    auto both = co_await when_all(send(), reset());
    const Transfer& sent = std::get<0>(both);
    EXPECT_TRUE(is_reset(sent.error())) << sent.error().message();
    EXPECT_LT(sent.bytes, payload.size());
    auto again = co_await ends.stream.send_all("x");
    EXPECT_TRUE(is_reset(again.error())) << again.error().message();
    EXPECT_EQ(again.bytes, 0u);
  });
}

// The kernels' buffers hold some megabytes; what the loop adds to that must not grow with what the
// peer sends.
TEST_P(SocketStreamTest, what_nobody_receives_is_bounded_and_arrives_in_order_later) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(64 << 20, 2)));
  const std::size_t most_on_the_way = 24 << 20;
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    ends.peer.send("hello");
    auto greeting = co_await ends.stream.receive();  // from here on the stream is armed
    EXPECT_EQ(greeting->text(), "hello");
    std::string_view unsent = payload;
    for (int idle = 0; idle < 50 && !unsent.empty();) {
      const std::size_t count = ends.peer.send_some(unsent.substr(0, 1 << 18));
      unsent.remove_prefix(count);
      idle = count == 0 ? idle + 1 : 0;
      co_await turns(1);
    }
    EXPECT_LT(payload.size() - unsent.size(), most_on_the_way);
    std::string_view expected = payload;
    while (!expected.empty()) {
      unsent.remove_prefix(ends.peer.send_some(unsent.substr(0, 1 << 18)));
      auto chunk = co_await ends.stream.receive();
      if (!chunk || chunk->text() != expected.substr(0, chunk->size())) break;
      expected.remove_prefix(chunk->size());
    }
    EXPECT_EQ(expected.size(), 0u) << "bytes that never came, or came changed";
  });
}

TEST_P(SocketStreamTest, close_ends_the_operations_of_other_tasks) {
  const std::string payload(64 << 20, 'x');
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw(64 << 10);
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.stream.receive(); };
    auto send = [&]() -> Task<Transfer> { co_return co_await ends.stream.send_all(payload); };
    auto close = [&]() -> Task<> {
      co_await turns(5);
      co_await ends.stream.close();
      EXPECT_FALSE(ends.stream.is_open());
    };
    auto all = co_await when_all(receive(), send(), close());
    EXPECT_TRUE(std::get<0>(all).error().is(Errc::closed)) << std::get<0>(all).error().message();
    EXPECT_TRUE(std::get<1>(all).error().is(Errc::closed)) << std::get<1>(all).error().message();
    EXPECT_LT(std::get<1>(all).bytes, payload.size());
  });
}

TEST_P(SocketStreamTest, close_lets_the_peer_see_the_end_after_everything_sent) {
  const std::string payload = pattern(100000);
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    auto sent = co_await ends.stream.send_all(payload);
    EXPECT_TRUE(sent);
    const int number = ends.stream.fd();
    co_await ends.stream.close();
    EXPECT_EQ(open_descriptors().count(number), 0u) << "the number is free when close() is over";
    EXPECT_EQ(ends.peer.receive_to_end(), payload);
  });
}

TEST_P(SocketStreamTest, a_stream_that_just_goes_is_closed_without_anybody_waiting) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    const int number = ends.stream.fd();
    {
      auto armed = co_await with_timeout(1ms, ends.stream.receive());
      EXPECT_FALSE(armed);
      SocketStream dropped = std::move(ends.stream);
    }
    co_await turns(4);
    EXPECT_EQ(open_descriptors().count(number), 0u);
    EXPECT_TRUE(ends.peer.sees_end());
  });
}

TEST_P(SocketStreamTest, an_operation_goes_on_when_its_stream_object_moves) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.stream.receive(); };
    SocketStream moved;
    auto move = [&]() -> Task<> {
      co_await turns(3);
      moved = std::move(ends.stream);
      ends.peer.send("found you");
    };
    auto both = co_await when_all(receive(), move());
    EXPECT_EQ(std::get<0>(both)->text(), "found you");
  });
}

}  // namespace
}  // namespace rondo
