// SPDX-License-Identifier: MIT
// Sending on io_uring.
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringSend, sends_and_an_empty_send_is_done_at_once) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
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
  EXPECT_EQ(read_text(pair.peer, text.size()), text);
}

TEST(UringSend, sends_all_to_a_slow_reader) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(500'000);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  std::string got;
  std::thread peer([&] { got = read_text(pair.peer, text.size()); });
  ASSERT_TRUE(loop.finish(send));
  peer.join();
  EXPECT_FALSE(send.error) << send.error.message();
  EXPECT_EQ(send.done, text.size());
  EXPECT_TRUE(got == text);
}

TEST(UringSend, gathers_more_parts_than_one_call_takes) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
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
  std::string got;
  std::thread peer([&] { got = read_text(pair.peer, text.size()); });
  ASSERT_TRUE(loop.finish(send));
  peer.join();
  EXPECT_FALSE(send.error) << send.error.message();
  EXPECT_EQ(send.done, text.size());
  EXPECT_TRUE(got == text);
}

TEST(UringSend, a_gather_of_nothing_is_done_at_once) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::array<iovec, 3> nothing = {};
  TestOp send(OpCode::kSendGather, &stream);
  send.parts = nothing.data();
  send.size = nothing.size();
  loop.begin(send);
  EXPECT_EQ(send.runs, 1);
  EXPECT_FALSE(send.error);
}

TEST(UringSend, peer_resets_mid_send) {
  Harness loop;
  Pair pair = connected_pair();
  shrink_buffers(pair.ours);
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(8 << 20);
  TestOp send(OpCode::kSend, &stream);
  set_memory(send, text);
  send.flags = kOpAll;
  loop.begin(send);
  loop.turn();
  EXPECT_EQ(send.runs, 0);
  const linger at_once = {1, 0};
  ::setsockopt(pair.peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  pair.peer = Fd();
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error.number() == ECONNRESET || send.error.number() == EPIPE)
      << send.error.message();
  EXPECT_GT(send.done, 0u);
  EXPECT_LT(send.done, text.size());
}

TEST(UringSend, stop_and_retract_mid_send) {
  Harness loop;
  const std::string text = pattern(8 << 20);
  Pair one = connected_pair();
  shrink_buffers(one.ours);
  Slot& first = loop.adopt(std::move(one.ours));
  TestOp stopped(OpCode::kSend, &first);
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
  shrink_buffers(two.ours);
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp retracted(OpCode::kSend, &second);
  set_memory(retracted, text);
  retracted.flags = kOpAll;
  loop.begin(retracted);
  loop.turn();
  loop.retract(retracted);
  EXPECT_EQ(second.in_flight, 0u);
  EXPECT_TRUE(second.has(kSlotBroken));
  TestOp after(OpCode::kSend, &second);
  set_memory(after, text);
  loop.begin(after);
  EXPECT_TRUE(after.error.is(Errc::broken));
}

TEST(UringSend, half_close_lets_the_peer_see_the_end_and_receiving_goes_on) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp shutdown(OpCode::kShutdown, &stream);
  shutdown.how = SHUT_WR;
  loop.begin(shutdown);
  EXPECT_EQ(shutdown.runs, 1);
  EXPECT_FALSE(shutdown.error);
  EXPECT_EQ(read_text(pair.peer, 1), "");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(pair.peer, "still here");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "still here");
}

}  // namespace
}  // namespace rondo
