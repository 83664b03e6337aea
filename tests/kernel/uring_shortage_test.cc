// SPDX-License-Identifier: MIT
// When blocks or completion entries run short on io_uring.
#include <poll.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringShortage, two_blocks_serve_fifty_connections) {
  constexpr int kConnections = 50;
  constexpr int kRounds = 20;
  Harness loop({}, {.block_bytes = 256, .max_blocks = 2});
  struct Client {
    Fd peer;
    Slot* slot;
    std::unique_ptr<TestOp> receive;
    std::string got;
  };
  std::deque<Client> clients;
  for (int i = 0; i < kConnections; ++i) {
    Pair pair = connected_pair();
    clients.push_back({std::move(pair.peer), &loop.adopt(std::move(pair.ours)), nullptr, ""});
  }
  for (Client& client : clients) {
    client.receive = std::make_unique<TestOp>(OpCode::kReceive, client.slot);
    loop.begin(*client.receive);
  }
  std::string expected;
  for (int round = 0; round < kRounds; ++round) {
    const std::string word = "round " + std::to_string(round) + "; ";
    expected += word;
    for (Client& client : clients) write_text(client.peer, word);
    const bool all_got = loop.turn_until([&] {
      bool all = true;
      for (Client& client : clients) {
        if (client.receive->runs > 0) {
          EXPECT_FALSE(client.receive->error) << client.receive->error.message();
          client.got += client.receive->take_text();
          client.receive = std::make_unique<TestOp>(OpCode::kReceive, client.slot);
          loop.begin(*client.receive);
        }
        all = all && client.got == expected;
      }
      return all;
    });
    ASSERT_TRUE(all_got) << "somebody starved in round " << round;
  }
  EXPECT_GT(loop.counters().no_buffers, 0u);
  for (Client& client : clients) loop.close(*client.slot);
  loop.settle();
  for (Client& client : clients) EXPECT_TRUE(client.receive->error.is(Errc::closed));
}

TEST(UringShortage, stop_and_retract_while_starving) {
  Harness loop({}, {.block_bytes = 256, .max_blocks = 1});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::vector<std::unique_ptr<TestOp>> receives;
  for (int i = 0; i < 4; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
    receives.push_back(std::make_unique<TestOp>(OpCode::kReceive, slots.back()));
    loop.begin(*receives.back());
  }
  for (Pair& pair : pairs) write_text(pair.peer, "text");
  ASSERT_TRUE(loop.finish(*receives[0]));
  loop.settle();
  // The first holds the only block; the others wait for it.
  for (int i = 1; i < 4; ++i) ASSERT_EQ(receives[i]->runs, 0);
  loop.stop(*receives[1]);
  ASSERT_TRUE(loop.finish(*receives[1]));
  EXPECT_TRUE(receives[1]->error.is(Errc::canceled));
  loop.retract(*receives[2]);
  EXPECT_EQ(slots[2]->reader, nullptr);
  EXPECT_EQ(receives[0]->take_text(), "text");
  ASSERT_TRUE(loop.finish(*receives[3]));
  EXPECT_EQ(receives[3]->take_text(), "text");
  TestOp again(OpCode::kReceive, slots[2]);
  loop.begin(again);
  ASSERT_TRUE(loop.finish(again));
  EXPECT_EQ(again.take_text(), "text");
}

TEST(UringShortage, a_block_returned_by_another_thread_wakes_the_starving) {
  Harness loop({}, {.block_bytes = 256, .max_blocks = 1});
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp holder(OpCode::kReceive, &first);
  loop.begin(holder);
  write_text(one.peer, "held");
  ASSERT_TRUE(loop.finish(holder));
  TestOp starving(OpCode::kReceive, &second);
  loop.begin(starving);
  write_text(two.peer, "wanted");
  loop.settle();
  ASSERT_EQ(starving.runs, 0);
  std::thread other([&] {
    ::poll(nullptr, 0, 20);
    EXPECT_EQ(holder.take_text(), "held");
  });
  const TimePoint start = Clock::monotonic().now();
  while (starving.runs == 0 && Clock::monotonic().now() - start < 4s) loop.turn(2s);
  EXPECT_LT(Clock::monotonic().now() - start, 1s);
  other.join();
  ASSERT_EQ(starving.runs, 1);
  EXPECT_EQ(starving.take_text(), "wanted");
}

TEST(UringShortage, without_a_buffer_ring_a_receive_waits_for_a_block) {
  Harness loop({.buffer_ring = false}, {.block_bytes = 256, .max_blocks = 1});
  Pair one = connected_pair();
  Pair two = connected_pair();
  Slot& first = loop.adopt(std::move(one.ours));
  Slot& second = loop.adopt(std::move(two.ours));
  TestOp has_the_block(OpCode::kReceive, &first);
  TestOp starves(OpCode::kReceive, &second);
  loop.begin(has_the_block);
  loop.begin(starves);
  write_text(two.peer, "two");
  loop.settle();
  EXPECT_EQ(starves.runs, 0);
  EXPECT_EQ(loop.pool().blocks_out(), 1u);
  write_text(one.peer, "one");
  ASSERT_TRUE(loop.finish(has_the_block));
  EXPECT_EQ(has_the_block.take_text(), "one");
  ASSERT_TRUE(loop.finish(starves));
  EXPECT_EQ(starves.take_text(), "two");
}

TEST(UringShortage, without_a_buffer_ring_a_stopped_receive_loses_nothing) {
  Harness loop({.buffer_ring = false});
  Pair pair = connected_pair();
  Slot& stream = loop.adopt(std::move(pair.ours));
  TestOp stopped(OpCode::kReceive, &stream);
  loop.begin(stopped);
  loop.settle();
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_EQ(stopped.error, Error(Errc::canceled));
  write_text(pair.peer, "late");
  loop.settle();
  TestOp next(OpCode::kReceive, &stream);
  loop.begin(next);
  ASSERT_TRUE(loop.finish(next));
  EXPECT_EQ(next.take_text(), "late");
}

TEST(UringShortage, lends_more_blocks_when_many_connections_are_busy) {
  constexpr int kConnections = 400;
  Harness loop({}, {.block_bytes = 256});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::deque<TestOp> receives;
  const auto receive_by_all = [&] {
    receives.clear();
    for (Slot* slot : slots) loop.begin(receives.emplace_back(OpCode::kReceive, slot));
    loop.turn();
    for (Pair& pair : pairs) write_text(pair.peer, "x");
    // The kernel completes twenty per call: reaping one of them lets it run out of blocks.
    for (int i = 0; i < 100; ++i) loop.turn({}, 1);
    return loop.turn_until([&] {
      for (TestOp& receive : receives) {
        if (receive.runs == 0) return false;
      }
      return true;
    });
  };
  for (int i = 0; i < kConnections; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
  }
  ASSERT_TRUE(receive_by_all());
  EXPECT_GT(loop.counters().no_buffers, 0u);
  while (loop.counters().no_buffers < 1'000) {
    const std::uint64_t before = loop.counters().no_buffers;
    ASSERT_TRUE(receive_by_all());
    if (loop.counters().no_buffers == before) break;
  }
  const std::uint64_t before = loop.counters().no_buffers;
  ASSERT_TRUE(receive_by_all());
  EXPECT_EQ(loop.counters().no_buffers, before) << "as many blocks as busy connections are enough";
}

TEST(UringShortage, tiny_rings_overflow_and_lose_nothing) {
  constexpr int kConnections = 64;
  Harness loop({.submissions = 4, .completions = 8, .buffers = 256});
  std::vector<Pair> pairs;
  std::vector<Slot*> slots;
  std::vector<std::string> got(kConnections);
  std::deque<TestOp> receives;
  for (int i = 0; i < kConnections; ++i) {
    pairs.push_back(connected_pair());
    slots.push_back(&loop.adopt(std::move(pairs.back().ours)));
    loop.begin(receives.emplace_back(OpCode::kReceive, slots.back()));
  }
  loop.turn();
  std::string expected;
  for (int round = 0; round < 10; ++round) {
    expected += static_cast<char>('a' + round);
    for (Pair& pair : pairs) write_text(pair.peer, expected.substr(round));
    ASSERT_TRUE(loop.turn_until([&] {
      bool all = true;
      for (int i = 0; i < kConnections; ++i) {
        TestOp& receive = receives[i];
        if (receive.runs > 0) {
          got[i] += receive.take_text();
          receive.runs = 0;
          loop.begin(receive);
        }
        all = all && got[i] == expected;
      }
      return all;
    })) << "round "
        << round;
  }
  EXPECT_GT(loop.counters().overflows, 0u);
}

TEST(UringShortage, a_turn_reaps_no_more_than_it_is_told) {
  Harness loop;
  std::vector<Pair> pairs;
  std::deque<TestOp> receives;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(connected_pair());
    Slot& slot = loop.adopt(std::move(pairs.back().ours));
    loop.begin(receives.emplace_back(OpCode::kReceive, &slot));
  }
  loop.settle();
  for (Pair& pair : pairs) write_text(pair.peer, "x");
  ::poll(nullptr, 0, 5);
  EXPECT_EQ(loop.turn(1s, 4), 4);
  EXPECT_EQ(loop.turn(1s, 4), 4);
  EXPECT_EQ(loop.turn(1s, 4), 2);
}

}  // namespace
}  // namespace rondo
