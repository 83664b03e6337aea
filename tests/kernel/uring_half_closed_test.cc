// SPDX-License-Identifier: MIT
// Sending to a peer that has finished sending and does not read: what io_uring itself waits for
// would end at once, or wait on a thread of the kernel.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_stream.h"

namespace rondo {
namespace {

class UringHalfClosed : public UringStream, public testing::WithParamInterface<bool> {
 protected:
  UringHalfClosed() : UringStream({.multishot = GetParam()}) {
    shrink();
    send.memory = reinterpret_cast<std::byte*>(text.data());
    send.size = text.size();
    send.flags = kOpAll;
  }
  ~UringHalfClosed() override { EXPECT_FALSE(has_worker_threads()); }

  void finish_peer() { ASSERT_EQ(::shutdown(peer.number(), SHUT_WR), 0); }
  // Turns until the send is what the watch is there for.
  void begin_and_wait() {
    loop.begin(send);
    ASSERT_TRUE(loop.turn_until([this] { return stream.has(kSlotWatched); }));
  }
  void expect_quiet() {
    loop.settle();
    const std::uint64_t before = loop.counters().events;
    loop.turn(20ms);
    EXPECT_EQ(loop.counters().events, before) << "something completes again and again";
  }

  std::string text = pattern(500'000);
  TestOp send{OpCode::kSend, &stream};
};
INSTANTIATE_TEST_SUITE_P(, UringHalfClosed, testing::Bool(), [](const auto& is_multishot) {
  return is_multishot.param ? "multishot" : "one_shot";
});

TEST_P(UringHalfClosed, a_send_waits_and_goes_on_as_the_peer_reads) {
  finish_peer();
  begin_and_wait();
  expect_quiet();
  EXPECT_EQ(send.runs, 0);
  EXPECT_GT(send.done, 0u);
  expect_arrives(send, text);
}

TEST_P(UringHalfClosed, a_send_that_waits_already_is_not_disturbed_by_the_peers_end) {
  loop.begin(send);
  loop.settle();
  EXPECT_TRUE(stream.has(kSlotPolled));
  finish_peer();
  ASSERT_TRUE(loop.turn_until([this] { return stream.has(kSlotWatched); }));
  expect_quiet();
  expect_arrives(send, text);
}

TEST_P(UringHalfClosed, a_gather_goes_on_as_the_peer_reads) {
  finish_peer();
  std::vector<iovec> parts;
  for (std::size_t at = 0; at < text.size(); at += 1'000) {
    parts.push_back({text.data() + at, 1'000});
  }
  TestOp gather(OpCode::kSendGather, &stream);
  gather.parts = parts.data();
  gather.size = parts.size();
  gather.flags = kOpAll;
  loop.begin(gather);
  ASSERT_TRUE(loop.turn_until([this] { return stream.has(kSlotWatched); }));
  std::string got;
  std::thread reading([&] { got = read_text(peer, text.size()); });
  EXPECT_TRUE(loop.finish(gather));
  reading.join();
  EXPECT_FALSE(gather.error) << gather.error.message();
  EXPECT_TRUE(got == text);
}

TEST_P(UringHalfClosed, a_stop_ends_the_wait_with_what_has_gone) {
  finish_peer();
  begin_and_wait();
  loop.stop(send);
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error.is(Errc::canceled)) << send.error.message();
  loop.close(stream);
  loop.settle();
  EXPECT_EQ(read_text(peer, text.size()), text.substr(0, send.done));
}

TEST_P(UringHalfClosed, a_close_ends_the_wait) {
  finish_peer();
  begin_and_wait();
  loop.close(stream);
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error.is(Errc::closed)) << send.error.message();
  loop.settle();
  EXPECT_EQ(loop.slots().in_use(), 0u);
}

TEST_P(UringHalfClosed, a_send_that_goes_while_it_waits_breaks_the_stream) {
  finish_peer();
  begin_and_wait();
  loop.retract(send);
  EXPECT_TRUE(stream.has(kSlotBroken));
  EXPECT_FALSE(stream.has(kSlotWatched));
  TestOp next(OpCode::kSend, &stream);
  set_memory(next, text);
  loop.begin(next);
  EXPECT_TRUE(next.error.is(Errc::broken)) << next.error.message();
}

TEST_P(UringHalfClosed, a_send_that_goes_while_it_is_polled_breaks_the_stream) {
  loop.begin(send);
  loop.settle();
  ASSERT_TRUE(stream.has(kSlotPolled));
  loop.retract(send);
  EXPECT_TRUE(stream.has(kSlotBroken));
  EXPECT_FALSE(stream.has(kSlotPolled));
}

TEST_P(UringHalfClosed, a_reset_ends_the_wait) {
  finish_peer();
  begin_and_wait();
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  peer = Fd();
  ASSERT_TRUE(loop.finish(send));
  EXPECT_TRUE(send.error) << "sent to nobody";
}

TEST_P(UringHalfClosed, a_wait_for_room_ends_when_there_is_some) {
  finish_peer();
  const std::string part = pattern(10'000);
  while (::send(stream.fd, part.data(), part.size(), MSG_DONTWAIT) > 0) {
  }
  TestOp room(OpCode::kPoll, &stream);
  room.events = kPollOut;
  loop.begin(room);
  ASSERT_TRUE(loop.turn_until([this] { return stream.has(kSlotWatched); }));
  expect_quiet();
  EXPECT_EQ(room.runs, 0);
  std::array<char, 100'000> got;
  while (room.runs == 0) {
    ASSERT_GT(::recv(peer.number(), got.data(), got.size(), 0), 0);
    loop.turn();
  }
  EXPECT_FALSE(room.error) << room.error.message();
  EXPECT_NE(room.events & kPollOut, 0);
}

TEST_P(UringHalfClosed, many_wait_at_once) {
  constexpr int kMany = 100;  // more than the watch takes at once
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::vector<std::unique_ptr<TestOp>> sends;
  for (int i = 0; i < kMany; ++i) {
    pairs.push_back(connected_pair());
    ASSERT_EQ(::shutdown(pairs.back().peer.number(), SHUT_WR), 0);
    shrink_buffers(pairs.back().ours.number());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
    sends.push_back(std::make_unique<TestOp>(OpCode::kSend, slots.back()));
    set_memory(*sends.back(), text);
    sends.back()->flags = kOpAll;
    loop.begin(*sends.back());
  }
  ASSERT_TRUE(loop.turn_until([&] {
    return std::all_of(slots.begin(), slots.end(),
                       [](const Slot* slot) { return slot->has(kSlotWatched); });
  }));
  EXPECT_FALSE(has_worker_threads());
  for (Pair& pair : pairs) pair.peer = Fd();
  for (const auto& each : sends) {
    EXPECT_TRUE(loop.finish(*each));
    EXPECT_TRUE(each->error);
  }
}

}  // namespace
}  // namespace rondo
