// SPDX-License-Identifier: MIT
// Receiving on io_uring into blocks of the pool.
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "kernel/uring_stream.h"

namespace rondo {
namespace {

class UringReceive : public UringStream {};

TEST_F(UringReceive, receives_what_is_sent_and_then_the_end_for_ever) {
  for (int i = 0; i < 3; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    EXPECT_EQ(loop.turn(), 0);
    write_text(peer, "word " + std::to_string(i));
    ASSERT_TRUE(loop.finish(receive));
    ASSERT_FALSE(receive.error);
    EXPECT_EQ(receive.take_text(), "word " + std::to_string(i));
  }
  EXPECT_LE(loop.counters().changes, 2u) << "a receive was armed more than once";
  peer = Fd();
  for (int i = 0; i < 2; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    ASSERT_TRUE(loop.finish(receive));
    EXPECT_TRUE(receive.error.is(Errc::end_of_stream));
  }
}

TEST_F(UringReceive, what_comes_before_it_is_asked_for_is_kept_in_order) {
  write_text(peer, "a");
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  ASSERT_TRUE(loop.finish(first));
  EXPECT_EQ(first.take_text(), "a");
  for (char byte = 'b'; byte <= 'z'; ++byte) {
    write_text(peer, std::string(1, byte));
    loop.turn(1ms);
  }
  loop.settle();
  EXPECT_EQ(stream.queued, 1u) << "small pieces take one block together";
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1) << "what is there needs no turn";
  EXPECT_EQ(rest.take_text(), "bcdefghijklmnopqrstuvwxyz");
}

TEST_F(UringReceive, a_peer_that_nobody_listens_to_fills_a_bounded_queue) {
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  const std::string text = pattern(4 << 20);
  std::thread writing([&] {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count =
          ::send(peer.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
  });
  ASSERT_TRUE(loop.finish(first));
  std::string got = first.take_text();
  EXPECT_TRUE(loop.turn_until([&] { return stream.in_flight == 0; }))
      << "the stream goes on although its queue is full";
  EXPECT_GE(stream.queued, 8u);
  // The kernel empties the socket in one go, so what it held comes on top of the bound.
  EXPECT_LE(stream.queued, 160u);
  while (got.size() < text.size()) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    if (!loop.finish(receive) || receive.error) break;
    got += receive.take_text();
  }
  writing.join();
  EXPECT_TRUE(got == text);
}

TEST_F(UringReceive, a_reset_ends_the_stream_with_its_errno) {
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  loop.turn();
  const linger at_once = {1, 0};
  ::setsockopt(peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  peer = Fd();
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.error.number(), ECONNRESET);
  TestOp again(OpCode::kReceive, &stream);
  loop.begin(again);
  EXPECT_EQ(again.error.number(), ECONNRESET);
}

}  // namespace
}  // namespace rondo
