// SPDX-License-Identifier: MIT
// Closing on io_uring.
#include <fcntl.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringClose, close_with_receive_and_send_in_flight_and_the_number_reused_at_once) {
  Harness loop;
  const std::string text = pattern(4 << 20);
  for (int i = 0; i < 20; ++i) {
    Pair pair = connected_pair();
    shrink_buffers(pair.ours.number());
    const int number = pair.ours.number();
    Slot& stream = loop.adopt(std::move(pair.ours));
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    TestOp send(OpCode::kSend, &stream);
    set_memory(send, text);
    send.flags = kOpAll;
    loop.begin(send);
    loop.turn();
    loop.close(stream);
    TestOp late(OpCode::kReceive, &stream);
    loop.begin(late);
    EXPECT_TRUE(late.error.is(Errc::closed));
    ASSERT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    EXPECT_EQ(receive.runs, 1);
    EXPECT_TRUE(receive.error.is(Errc::closed)) << receive.error.message();
    EXPECT_EQ(send.runs, 1);
    EXPECT_TRUE(send.error.is(Errc::closed)) << send.error.message();
    ASSERT_EQ(::fcntl(number, F_GETFD), -1) << "the descriptor is still open";

    Pair next = connected_pair();
    Slot& reused = loop.adopt(std::move(next.ours));
    TestOp fresh(OpCode::kReceive, &reused);
    loop.begin(fresh);
    loop.turn();
    pair.peer = Fd();
    write_text(next.peer, "fresh");
    ASSERT_TRUE(loop.finish(fresh));
    ASSERT_FALSE(fresh.error);
    EXPECT_EQ(fresh.take_text(), "fresh");
    loop.close(reused);
    ASSERT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
  }
}

TEST(UringClose, close_during_read_of_a_greedy_peer_ends) {
  Harness loop;
  for (int i = 0; i < 10; ++i) {
    Pair pair = connected_pair();
    Slot& stream = loop.adopt(std::move(pair.ours));
    std::thread peer([&] {
      const std::string text = pattern(1 << 16);
      while (::send(pair.peer.number(), text.data(), text.size(), MSG_NOSIGNAL) > 0) {
      }
    });
    for (int k = 0; k < 50; ++k) {
      TestOp receive(OpCode::kReceive, &stream);
      loop.begin(receive);
      ASSERT_TRUE(loop.finish(receive));
    }
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    loop.close(stream);
    EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    peer.join();
    EXPECT_EQ(receive.runs, 1);
  }
}

TEST(UringClose, a_listener_closes_with_an_accept_under_way_and_connections_queued) {
  const int before = count_descriptors();
  {
    Harness loop;
    Listening listening = listen_on_loopback();
    Slot& listener = loop.adopt(std::move(listening.fd));
    listener.set(kSlotListener);
    TestOp first(OpCode::kAccept, &listener);
    loop.begin(first);
    std::vector<Fd> peers;
    for (int i = 0; i < 5; ++i) peers.push_back(connect_to(listening.address));
    ASSERT_TRUE(loop.finish(first));
    const Fd connection(first.descriptor);
    loop.settle();
    loop.close(listener);
    EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
    Listening other = listen_on_loopback();
    Slot& waiting = loop.adopt(std::move(other.fd));
    waiting.set(kSlotListener);
    TestOp accept(OpCode::kAccept, &waiting);
    loop.begin(accept);
    loop.turn();
    loop.close(waiting);
    ASSERT_TRUE(loop.finish(accept));
    EXPECT_TRUE(accept.error.is(Errc::closed));
  }
  EXPECT_EQ(count_descriptors(), before);
}

}  // namespace
}  // namespace rondo
