// SPDX-License-Identifier: MIT
// Sending on io_uring.
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_stream.h"

namespace rondo {
namespace {

class UringSend : public UringStream {};

TEST_F(UringSend, sends_and_an_empty_send_is_done_at_once) {
  TestOp empty(OpCode::kSend, &stream);
  loop.begin(empty);
  EXPECT_EQ(empty.runs, 1);
  EXPECT_FALSE(empty.error);
  const std::string text = "hello";
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  loop.begin(send);
  ASSERT_TRUE(loop.finish(send));
  EXPECT_EQ(send.done, text.size());
  EXPECT_EQ(read_text(peer, text.size()), text);
}

TEST_F(UringSend, sends_all_to_a_slow_reader) {
  shrink();
  const std::string text = pattern(500'000);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  expect_arrives(send, text);
}

TEST_F(UringSend, gathers_more_parts_than_one_call_takes) {
  shrink();
  const std::string text = pattern(2'500 * 200);
  std::vector<iovec> parts;
  for (std::size_t i = 0; i < 2'500; ++i) {
    parts.push_back({const_cast<char*>(text.data() + i * 200), 200});
    if (i % 7 == 0) parts.push_back({nullptr, 0});
  }
  TestOp send(OpCode::kSendGather, &stream);
  send.parts = parts.data();
  send.size = parts.size();
  send.flags = kOpAll;
  loop.begin(send);
  expect_arrives(send, text);
}

TEST_F(UringSend, a_gather_of_nothing_is_done_at_once) {
  const std::array<iovec, 3> nothing = {};
  TestOp send(OpCode::kSendGather, &stream);
  send.parts = nothing.data();
  send.size = nothing.size();
  loop.begin(send);
  EXPECT_EQ(send.runs, 1);
  EXPECT_FALSE(send.error);
}

TEST_F(UringSend, peer_resets_mid_send) {
  shrink();
  const std::string text = pattern(8 << 20);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  const linger at_once = {1, 0};
  ::setsockopt(peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  peer = Fd();
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error.number() == ECONNRESET || send.error.number() == EPIPE)
      << send.error.message();
  EXPECT_GT(send.done, 0u);
  EXPECT_LT(send.done, text.size());
}

TEST_F(UringSend, stop_and_retract_mid_send) {
  const std::string text = pattern(8 << 20);
  shrink();
  TestOp stopped(OpCode::kSend, &stream);
  set_memory(stopped, text);
  stopped.flags = kOpAll;
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled)) << stopped.error.message();
  EXPECT_GT(stopped.done, 0u) << "what has gone is told";
  EXPECT_LT(stopped.done, text.size());

  Pair two = connected_pair();
  shrink_buffers(two.ours.number());
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp retracted(OpCode::kSend, &second);
  set_memory(retracted, text);
  retracted.flags = kOpAll;
  loop.begin(retracted);
  loop.turn();
  loop.retract(retracted);
  loop.settle();
  EXPECT_EQ(second.in_flight, 0u);
  EXPECT_TRUE(second.has(kSlotBroken));
  TestOp after(OpCode::kSend, &second);
  set_memory(after, text);
  loop.begin(after);
  EXPECT_TRUE(after.error.is(Errc::broken));
}

TEST_F(UringSend, half_close_lets_the_peer_see_the_end_and_receiving_goes_on) {
  TestOp shutdown(OpCode::kShutdown, &stream);
  shutdown.how = SHUT_WR;
  loop.begin(shutdown);
  EXPECT_EQ(shutdown.runs, 1);
  EXPECT_FALSE(shutdown.error);
  EXPECT_EQ(read_text(peer, 1), "");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(peer, "still here");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "still here");
}

}  // namespace
}  // namespace rondo
