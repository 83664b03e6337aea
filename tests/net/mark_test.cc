// SPDX-License-Identifier: MIT
// What ends a receive early though more is there: the mark of urgent data in TCP.
#include <sys/socket.h>

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class MarkTest : public BackendTest {
 protected:
  SocketStream adopt(Fd& fd) {
    auto socket = Socket::adopt(loop(), std::move(fd));
    EXPECT_TRUE(socket);
    return SocketStream(std::move(*socket));
  }
  void send_urgent(const RawPeer& peer) { EXPECT_EQ(::send(peer.fd(), "!", 1, MSG_OOB), 1); }
};
RONDO_ON_EVERY_BACKEND(MarkTest);

// By receive(); receive_exactly() reads.
Task<std::string> receive_chunks(SocketStream& stream, std::size_t size) {
  std::string got;
  while (got.size() < size) {
    auto chunk = co_await stream.receive();
    if (!chunk) ADD_FAILURE() << "after '" << got << "': " << chunk.error().message();
    if (!chunk) break;
    got += chunk->text();
  }
  co_return got;
}

TEST_P(MarkTest, bytes_on_both_sides_of_an_urgent_one_are_received_and_read) {
  for (const auto take : {receive_chunks, receive_exactly<SocketStream>}) {
    run([&]() -> Task<> {
      TcpListener listener = TcpListener::listen(loop(), loopback_port()).value();
      RawPeer peer = RawPeer::connect(*listener.local_endpoint());
      auto stream = co_await listener.accept();
      for (int round = 0; round < 3; ++round) {
        peer.send("half");
        send_urgent(peer);
        peer.send("full");
        const std::string got = co_await take(*stream, 8);
        EXPECT_EQ(got, "halffull") << "round " << round;
      }
    });
  }
}

}  // namespace
}  // namespace rondo
