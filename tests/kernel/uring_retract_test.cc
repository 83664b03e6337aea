// SPDX-License-Identifier: MIT
// What a stop, or a frame that goes, leaves of receiving on io_uring.
#include <poll.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/uring_stream.h"

namespace rondo {
namespace {

class UringRetract : public UringStream {};

TEST_F(UringRetract, stop_and_retract_during_receive_lose_nothing) {
  TestOp stopped(OpCode::kReceive, &stream);
  loop.begin(stopped);
  loop.turn();
  write_text(peer, "first ");
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
  write_text(peer, "second");
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  ASSERT_TRUE(loop.finish(receive));
  ASSERT_FALSE(receive.error);
  EXPECT_EQ(got + receive.take_text(), "first second");
}

TEST_F(UringRetract, cancel_racing_completion_delivers_data_or_keeps_it) {
  std::string got;
  std::string sent;
  char byte = 0;
  for (int i = 0; i < 500; ++i) {
    TestOp read(OpCode::kRead, &stream);
    set_memory(read, std::span(&byte, 1));
    loop.begin(read);
    if (i % 3 != 0) loop.turn();
    const std::string next(1, static_cast<char>('a' + i % 26));
    sent += next;
    write_text(peer, next);
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
    set_memory(read, std::span(&byte, 1));
    loop.begin(read);
    ASSERT_TRUE(loop.finish(read));
    got += byte;
  }
  EXPECT_EQ(got, sent);
}

TEST_F(UringRetract, retracted_read_that_had_bytes_breaks_the_stream) {
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    set_memory(*read, *memory);
    loop.begin(*read);
    loop.turn();
    loop.retract(*read);
  }
  EXPECT_FALSE(stream.has(kSlotBroken)) << "nothing was lost yet";
  {
    auto memory = std::make_unique<std::array<char, 64>>();
    auto read = std::make_unique<TestOp>(OpCode::kRead, &stream);
    set_memory(*read, *memory);
    loop.begin(*read);
    loop.turn();
    write_text(peer, "lost");
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

TEST_F(UringRetract, retract_keeps_other_completions_for_the_next_turn) {
  Pair other = connected_pair();
  Slot& second = loop.adopt(std::move(other.ours));
  std::array<char, 16> memory;
  TestOp read(OpCode::kRead, &stream);
  set_memory(read, memory);
  loop.begin(read);
  TestOp receive(OpCode::kReceive, &second);
  loop.begin(receive);
  loop.turn();
  write_text(other.peer, "kept");
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
