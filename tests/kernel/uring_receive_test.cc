// SPDX-License-Identifier: MIT
// Receiving on io_uring.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringReceive, receives_what_is_sent_and_then_the_end_for_ever) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  for (int i = 0; i < 3; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    EXPECT_EQ(loop.turn(), 0);
    write_text(pair.peer, "word " + std::to_string(i));
    ASSERT_TRUE(loop.finish(receive));
    ASSERT_FALSE(receive.error);
    EXPECT_EQ(receive.take_text(), "word " + std::to_string(i));
  }
  EXPECT_LE(loop.counters().changes, 2u) << "a receive was armed more than once";
  pair.peer = Fd();
  for (int i = 0; i < 2; ++i) {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    ASSERT_TRUE(loop.finish(receive));
    EXPECT_TRUE(receive.error.is(Errc::end_of_stream));
  }
}

TEST(UringReceive, what_comes_before_it_is_asked_for_is_kept_in_order) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  write_text(pair.peer, "a");
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  ASSERT_TRUE(loop.finish(first));
  EXPECT_EQ(first.take_text(), "a");
  for (char byte = 'b'; byte <= 'z'; ++byte) {
    write_text(pair.peer, std::string(1, byte));
    loop.turn(1ms);
  }
  loop.settle();
  EXPECT_EQ(stream.queued, 1u) << "small pieces take one block together";
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1) << "what is there needs no turn";
  EXPECT_EQ(rest.take_text(), "bcdefghijklmnopqrstuvwxyz");
}

TEST(UringReceive, a_peer_that_nobody_listens_to_fills_a_bounded_queue) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp first(OpCode::kReceive, &stream);
  loop.begin(first);
  const std::string text = pattern(4 << 20);
  std::thread peer([&] {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count =
          ::send(pair.peer.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
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
  peer.join();
  EXPECT_TRUE(got == text);
}

TEST(UringReceive, read_takes_what_is_queued_and_leaves_the_rest) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(pair.peer, "one");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "one");
  const std::string big = pattern(30'000);
  write_text(pair.peer, big);
  loop.settle();
  std::string got;
  std::array<char, 7'000> memory;
  while (got.size() < big.size()) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(memory.data());
    read.size = memory.size();
    loop.begin(read);
    ASSERT_EQ(read.runs, 1) << "what is there needs no turn";
    ASSERT_FALSE(read.error);
    got.append(memory.data(), read.done);
  }
  EXPECT_EQ(got, big);
  // The stream is armed, so the read waits for it, and a receive gets what the read has left.
  TestOp read(OpCode::kRead, &stream);
  read.memory = reinterpret_cast<std::byte*>(memory.data());
  read.size = 4;
  loop.begin(read);
  write_text(pair.peer, "next and rest");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "next");
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1);
  EXPECT_EQ(rest.take_text(), " and rest");
}

TEST(UringReceive, read_alone_goes_straight_into_the_memory) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  std::array<char, 64> memory;
  const auto read_once = [&](TestOp& read) {
    read.memory = reinterpret_cast<std::byte*>(memory.data());
    read.size = memory.size();
    loop.begin(read);
    loop.turn();
  };
  TestOp read(OpCode::kRead, &stream);
  read_once(read);
  EXPECT_EQ(read.runs, 0);
  write_text(pair.peer, "straight");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "straight");
  EXPECT_FALSE(stream.has(kSlotArmed));
  ::shutdown(pair.peer.number(), SHUT_WR);
  for (int i = 0; i < 2; ++i) {
    TestOp end(OpCode::kRead, &stream);
    read_once(end);
    ASSERT_TRUE(loop.finish(end));
    EXPECT_TRUE(end.error.is(Errc::end_of_stream));
  }
}

TEST(UringReceive, a_million_single_bytes_come_in_order) {
  constexpr std::size_t kBytes = 200'000;
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  const std::string text = pattern(kBytes);
  std::thread peer([&] {
    for (char byte : text) ::send(pair.peer.number(), &byte, 1, MSG_NOSIGNAL);
  });
  std::string got;
  std::array<char, 100> memory;
  for (unsigned i = 0; got.size() < kBytes; ++i) {
    TestOp op(i % 3 == 0 ? OpCode::kRead : OpCode::kReceive, &stream);
    if (op.code == OpCode::kRead) {
      op.memory = reinterpret_cast<std::byte*>(memory.data());
      op.size = memory.size();
    }
    loop.begin(op);
    if (!loop.finish(op) || op.error) break;
    got += op.code == OpCode::kRead ? std::string(memory.data(), op.done) : op.take_text();
  }
  peer.join();
  EXPECT_TRUE(got == text);
}

TEST(UringReceive, a_reset_ends_the_stream_with_its_errno) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  loop.turn();
  const linger at_once = {1, 0};
  ::setsockopt(pair.peer.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  pair.peer = Fd();
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.error.number(), ECONNRESET);
  TestOp again(OpCode::kReceive, &stream);
  loop.begin(again);
  EXPECT_EQ(again.error.number(), ECONNRESET);
}

TEST(UringReceive, stop_and_retract_during_receive_lose_nothing) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp stopped(OpCode::kReceive, &stream);
  loop.begin(stopped);
  loop.turn();
  write_text(pair.peer, "first ");
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp retracted(OpCode::kReceive, &stream);
  if (stream.queued == 0) loop.turn(100ms);
  ASSERT_EQ(stream.queued, 1u);
  std::string got;
  {
    TestOp receive(OpCode::kReceive, &stream);
    loop.begin(receive);
    ASSERT_TRUE(loop.finish(receive));
    got = receive.take_text();
  }
  loop.begin(retracted);
  loop.retract(retracted);
  EXPECT_EQ(stream.reader, nullptr);
  write_text(pair.peer, "second");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  ASSERT_TRUE(loop.finish(receive));
  ASSERT_FALSE(receive.error);
  EXPECT_EQ(got + receive.take_text(), "first second");
}

TEST(UringReceive, cancel_racing_completion_delivers_data_or_keeps_it) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  std::string got;
  std::string sent;
  char byte = 0;
  for (int i = 0; i < 500; ++i) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(&byte);
    read.size = 1;
    loop.begin(read);
    if (i % 3 != 0) loop.turn();
    const std::string next(1, static_cast<char>('a' + i % 26));
    sent += next;
    write_text(pair.peer, next);
    if (i % 2 == 0) loop.turn();
    loop.stop(read);
    ASSERT_TRUE(loop.finish(read));
    if (read.error) {
      ASSERT_TRUE(read.error.is(Errc::canceled));
    } else {
      got += byte;
    }
    ASSERT_EQ(read.runs, 1);
  }
  while (got.size() < sent.size()) {
    TestOp read(OpCode::kRead, &stream);
    read.memory = reinterpret_cast<std::byte*>(&byte);
    read.size = 1;
    loop.begin(read);
    ASSERT_TRUE(loop.finish(read));
    got += byte;
  }
  EXPECT_EQ(got, sent);
}

TEST(UringReceive, retracted_read_that_had_bytes_breaks_the_stream) {
  Harness loop;
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    read->memory = reinterpret_cast<std::byte*>(memory->data());
    read->size = memory->size();
    loop.begin(*read);
    loop.turn();
    loop.retract(*read);
  }
  EXPECT_FALSE(stream.has(kSlotBroken)) << "nothing was lost yet";
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    read->memory = reinterpret_cast<std::byte*>(memory->data());
    read->size = memory->size();
    loop.begin(*read);
    loop.turn();
    write_text(pair.peer, "lost");
    loop.retract(*read);
  }
  TestOp after(OpCode::kReceive, &stream);
  loop.begin(after);
  if (after.runs == 0) {
    // The cancel was quicker than the bytes: then they are all still there.
    ASSERT_TRUE(loop.finish(after));
    EXPECT_EQ(after.take_text(), "lost");
  } else {
    EXPECT_TRUE(after.error.is(Errc::broken));
  }
}

TEST(UringReceive, retract_keeps_other_completions_for_the_next_turn) {
  Harness loop;
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  std::array<char, 16> memory;
  TestOp read(OpCode::kRead, &first);
  read.memory = reinterpret_cast<std::byte*>(memory.data());
  read.size = memory.size();
  loop.begin(read);
  TestOp receive(OpCode::kReceive, &second);
  loop.begin(receive);
  loop.turn();
  write_text(two.peer, "kept");
  ::poll(nullptr, 0, 2);
  loop.retract(read);
  EXPECT_EQ(receive.runs, 0) << "retract resumes nobody";
  pollfd polled = {loop.backend().poll_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 1000), 1) << "a host must learn that there is something";
  const TimePoint start = Clock::monotonic().now();
  loop.turn(2s);
  EXPECT_LT(Clock::monotonic().now() - start, 1s);
  ASSERT_EQ(receive.runs, 1);
  EXPECT_EQ(receive.take_text(), "kept");
}

}  // namespace
}  // namespace rondo
