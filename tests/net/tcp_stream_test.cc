// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_stream.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

class TcpStreamTest : public TcpTest {};
RONDO_ON_EVERY_TCP_CELL(TcpStreamTest);

TEST_P(TcpStreamTest, connect_reaches_a_listener_and_both_ends_know_their_names) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    auto both =
        co_await when_all(TcpStream::connect(*listener.local_endpoint()), listener.accept());
    TcpStream& client = *std::get<0>(both);
    TcpStream& server = *std::get<1>(both);
    EXPECT_EQ(*client.local_endpoint(), *server.peer_endpoint());
    EXPECT_EQ(*client.peer_endpoint(), *server.local_endpoint());
    EXPECT_TRUE(*client.get<NoDelay>());
    EXPECT_TRUE(*server.get<NoDelay>());
  });
}

TEST_P(TcpStreamTest, peer_resets_while_a_receive_waits) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.stream.receive(); };
    auto reset = [&]() -> Task<> {
      co_await turns(3);
      ends.peer.reset();
    };
    auto both = co_await when_all(receive(), reset());
    EXPECT_EQ(std::get<0>(both).error().number(), ECONNRESET);
    EXPECT_EQ(peer_endpoint(ends.stream.fd()).error().number(), ENOTCONN);
    auto after = co_await ends.stream.receive();
    EXPECT_FALSE(after);
  });
}

TEST_P(TcpStreamTest, peer_resets_while_a_read_waits) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    std::byte room[16];
    auto read = [&]() -> Task<Result<std::size_t>> { co_return co_await ends.stream.read(room); };
    auto reset = [&]() -> Task<> {
      co_await turns(3);
      ends.peer.reset();
    };
    auto both = co_await when_all(read(), reset());
    EXPECT_EQ(std::get<0>(both).error().number(), ECONNRESET);
  });
}

TEST_P(TcpStreamTest, bytes_out_of_band_neither_spin_nor_disturb_the_stream) {
  run([&]() -> Task<> {
    Mixed ends = co_await connected_to_raw();
    Loop& here = co_await this_loop();
    auto receive = [&]() -> Task<std::string> {
      co_return co_await receive_exactly(ends.stream, 8);
    };
    auto disturb = [&]() -> Task<> {
      ends.peer.send("half");
      ::send(ends.peer.fd(), "!", 1, MSG_OOB);
      co_await turns(5);
      const std::uint64_t before = here.counters().turns;
      auto slept = co_await sleep(20ms);
      EXPECT_TRUE(slept);
      EXPECT_LE(here.counters().turns - before, kTurnsOfASleeper);
      ends.peer.send("full");
    };
    auto both = co_await when_all(receive(), disturb());
    EXPECT_EQ(std::get<0>(both), "halffull");
  });
}

}  // namespace
}  // namespace rondo
