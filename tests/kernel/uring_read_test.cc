// SPDX-License-Identifier: MIT
// Reading on io_uring into memory of the caller's, alone and between receives.
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "kernel/uring_stream.h"

namespace rondo {
namespace {

class UringRead : public UringStream {};

TEST_F(UringRead, read_takes_what_is_queued_and_leaves_the_rest) {
  TestOp receive(OpCode::kReceive, &stream);
  loop.begin(receive);
  write_text(peer, "one");
  ASSERT_TRUE(loop.finish(receive));
  EXPECT_EQ(receive.take_text(), "one");
  const std::string big = pattern(30'000);
  write_text(peer, big);
  loop.settle();
  std::string got;
  std::array<char, 7'000> memory;
  while (got.size() < big.size()) {
    TestOp read(OpCode::kRead, &stream);
    set_memory(read, memory);
    loop.begin(read);
    ASSERT_EQ(read.runs, 1) << "what is there needs no turn";
    ASSERT_FALSE(read.error);
    got.append(memory.data(), read.done);
  }
  EXPECT_EQ(got, big);
  // The stream is armed, so the read waits for it, and a receive gets what the read has left.
  TestOp read(OpCode::kRead, &stream);
  set_memory(read, std::span(memory).first(4));
  loop.begin(read);
  write_text(peer, "next and rest");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "next");
  TestOp rest(OpCode::kReceive, &stream);
  loop.begin(rest);
  ASSERT_EQ(rest.runs, 1);
  EXPECT_EQ(rest.take_text(), " and rest");
}

TEST_F(UringRead, read_alone_goes_straight_into_the_memory) {
  std::array<char, 64> memory;
  const auto read_once = [&](TestOp& read) {
    set_memory(read, memory);
    loop.begin(read);
    loop.turn();
  };
  TestOp read(OpCode::kRead, &stream);
  read_once(read);
  EXPECT_EQ(read.runs, 0);
  write_text(peer, "straight");
  ASSERT_TRUE(loop.finish(read));
  EXPECT_EQ(std::string(memory.data(), read.done), "straight");
  EXPECT_FALSE(stream.has(kSlotArmed));
  ::shutdown(peer.number(), SHUT_WR);
  for (int i = 0; i < 2; ++i) {
    TestOp end(OpCode::kRead, &stream);
    read_once(end);
    ASSERT_TRUE(loop.finish(end));
    EXPECT_TRUE(end.error.is(Errc::end_of_stream));
  }
}

TEST_F(UringRead, a_million_single_bytes_come_in_order) {
  constexpr std::size_t kBytes = 200'000;
  const std::string text = pattern(kBytes);
  std::thread writing([&] {
    for (char byte : text) ::send(peer.number(), &byte, 1, MSG_NOSIGNAL);
  });
  std::string got;
  std::array<char, 100> memory;
  for (unsigned i = 0; got.size() < kBytes; ++i) {
    TestOp op(i % 3 == 0 ? OpCode::kRead : OpCode::kReceive, &stream);
    if (op.code == OpCode::kRead) {
      set_memory(op, memory);
    }
    loop.begin(op);
    if (!loop.finish(op) || op.error) break;
    got += op.code == OpCode::kRead ? std::string(memory.data(), op.done) : op.take_text();
  }
  writing.join();
  EXPECT_TRUE(got == text);
}

}  // namespace
}  // namespace rondo
