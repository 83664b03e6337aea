// SPDX-License-Identifier: MIT
// What a pair does that sockets do otherwise, or that only two known ends can show;
// byte_stream_test.cc has what they have in common.
#include "rondo/net/memory_stream.h"

#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class MemoryStreamTest : public BackendTest {
 protected:
  MemoryStream::Pair make(std::size_t capacity = 64 * 1024) {
    return MemoryStream::pair(loop(), {.capacity = capacity}).value();
  }
};
RONDO_ON_MAIN_BACKENDS(MemoryStreamTest);

TEST_P(MemoryStreamTest, a_pair_needs_neither_a_descriptor_nor_a_call_to_the_kernel) {
  const std::size_t descriptors = open_descriptors().size();
  const std::size_t slots = loop().slots().in_use();
  run([&]() -> Task<> {
    auto ends = make();
    EXPECT_EQ(open_descriptors().size(), descriptors);
    auto sent = co_await ends.first.send_all("hello");
    EXPECT_TRUE(sent);
    auto chunk = co_await ends.second.receive();
    EXPECT_EQ(chunk->text(), "hello");
    EXPECT_EQ(loop().slots().in_use(), slots);
    EXPECT_EQ(&ends.first.loop(), &loop());
  });
}

TEST_P(MemoryStreamTest, a_sender_waits_while_the_buffer_is_full_and_goes_on_as_it_empties) {
  for (std::size_t capacity : {1, 2, 3, 100, 65536}) {
    const std::string payload = pattern(3 * capacity + 1);
    run([&]() -> Task<> {
      auto ends = make(capacity);
      bool sent_all = false;
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> {
          auto sent = co_await ends.first.send_all(payload);
          EXPECT_TRUE(sent);
          EXPECT_EQ(sent.bytes, payload.size());
          sent_all = true;
        });
        co_await turns(10);
        EXPECT_FALSE(sent_all);
        std::string got;
        std::byte room[7];
        while (got.size() < payload.size()) {
          auto count = co_await ends.second.read(room);
          EXPECT_TRUE(count);
          if (!count) break;
          got.append(reinterpret_cast<const char*>(room), *count);
        }
        EXPECT_TRUE(got == payload) << capacity;
      });
      EXPECT_TRUE(sent_all);
    });
  }
}

TEST_P(MemoryStreamTest, send_takes_what_there_is_room_for) {
  run([&]() -> Task<> {
    auto ends = make(10);
    auto sent = co_await ends.first.send(bytes_of("twelve bytes"));
    EXPECT_EQ(*sent, 10u);
    auto full = co_await with_timeout(0ns, ends.first.send(bytes_of("es")));
    EXPECT_TRUE(full.error().is(Errc::timed_out));
    auto chunk = co_await ends.second.receive();
    EXPECT_EQ(chunk->text(), "twelve byt");
    auto rest = co_await ends.first.send(bytes_of("es"));
    EXPECT_EQ(*rest, 2u);
  });
}

TEST_P(MemoryStreamTest, what_was_sent_before_the_end_is_still_received) {
  for (bool by_close : {true, false}) {
    run([&]() -> Task<> {
      auto ends = make();
      auto sent = co_await ends.first.send_all("last words");
      EXPECT_TRUE(sent);
      if (by_close) {
        co_await ends.first.close();
      } else {
        MemoryStream gone = std::move(ends.first);
      }
      EXPECT_FALSE(ends.first.is_open());
      const std::string words = co_await receive_exactly(ends.second, 10);
      EXPECT_EQ(words, "last words");
      for (int i = 0; i < 3; ++i) {
        auto chunk = co_await ends.second.receive();
        EXPECT_TRUE(chunk.error().is(Errc::end_of_stream));
        auto late = co_await ends.second.send_all("x");
        EXPECT_EQ(late.error().number(), EPIPE);
        EXPECT_EQ(late.bytes, 0u);
      }
    });
  }
}

TEST_P(MemoryStreamTest, the_end_of_one_wakes_who_waits_on_the_other) {
  run([&]() -> Task<> {
    auto ends = make(10);
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.second.receive(); };
    auto send = [&]() -> Task<Transfer> {
      co_return co_await ends.second.send_all("twelve bytes");
    };
    auto close = [&]() -> Task<> {
      co_await turns(3);
      co_await ends.first.close();
    };
    auto all = co_await when_all(receive(), send(), close());
    EXPECT_TRUE(std::get<0>(all).error().is(Errc::end_of_stream));
    EXPECT_EQ(std::get<1>(all).error().number(), EPIPE);
    EXPECT_EQ(std::get<1>(all).bytes, 10u);
  });
}

TEST_P(MemoryStreamTest, close_ends_the_operations_of_other_tasks) {
  run([&]() -> Task<> {
    auto ends = make(10);
    auto receive = [&]() -> Task<Result<Chunk>> { co_return co_await ends.first.receive(); };
    auto send = [&]() -> Task<Transfer> { co_return co_await ends.first.send_all("twelve bytes"); };
    auto close = [&]() -> Task<> {
      co_await turns(3);
      co_await ends.first.close();
    };
    auto all = co_await when_all(receive(), send(), close());
    EXPECT_TRUE(std::get<0>(all).error().is(Errc::closed));
    EXPECT_TRUE(std::get<1>(all).error().is(Errc::closed));
    EXPECT_EQ(std::get<1>(all).bytes, 10u);
    const std::string got = co_await receive_exactly(ends.second, 11);
    EXPECT_EQ(got, "twelve byt");
  });
}

TEST_P(MemoryStreamTest, an_operation_that_was_made_before_the_close_says_closed) {
  run([&]() -> Task<> {
    auto ends = make();
    auto receive = ends.first.receive();
    auto send = ends.second.send_all("x");
    co_await ends.first.close();
    { MemoryStream gone = std::move(ends.second); }
    auto chunk = co_await receive;
    EXPECT_TRUE(chunk.error().is(Errc::closed));
    auto sent = co_await send;
    EXPECT_TRUE(sent.error().is(Errc::closed));
  });
}

TEST_P(MemoryStreamTest, a_close_that_nobody_awaits_closes_too) {
  run([&]() -> Task<> {
    auto ends = make();
    { auto close = ends.first.close(); }
    auto chunk = co_await ends.second.receive();
    EXPECT_TRUE(chunk.error().is(Errc::end_of_stream));
    co_await ends.first.close();  // of nothing
    EXPECT_FALSE(ends.first.is_open());
  });
}

TEST_P(MemoryStreamTest, ending_one_direction_leaves_the_other) {
  run([&]() -> Task<> {
    auto ends = make(10);
    auto done = co_await ends.first.shutdown(Direction::kReceive);
    EXPECT_TRUE(done);
    auto refused = co_await ends.second.send_all("x");
    EXPECT_EQ(refused.error().number(), EPIPE);
    auto sent = co_await ends.first.send_all("x");
    EXPECT_TRUE(sent);
    auto chunk = co_await ends.second.receive();
    EXPECT_EQ(chunk->text(), "x");
    auto both = co_await ends.first.shutdown(Direction::kBoth);
    EXPECT_TRUE(both);
    auto end = co_await ends.second.receive();
    EXPECT_TRUE(end.error().is(Errc::end_of_stream));
    co_await ends.second.close();
    auto late = co_await ends.first.shutdown(Direction::kBoth);
    EXPECT_TRUE(late);
  });
}

TEST_P(MemoryStreamTest, shutting_down_wakes_who_waits_in_that_direction) {
  auto receive = [](MemoryStream& stream) -> Task<Result<Chunk>> {
    co_return co_await stream.receive();
  };
  auto send = [](MemoryStream& stream) -> Task<Transfer> {
    co_return co_await stream.send_all("twelve bytes");
  };
  auto shut = [](MemoryStream& stream, Direction direction) -> Task<> {
    co_await turns(3);
    auto done = co_await stream.shutdown(direction);
    EXPECT_TRUE(done);
  };
  run([&]() -> Task<> {
    auto ends = make(10);
    auto own = co_await when_all(receive(ends.first), send(ends.first),
                                 shut(ends.first, Direction::kBoth));
    EXPECT_TRUE(std::get<0>(own).error().is(Errc::end_of_stream));
    EXPECT_EQ(std::get<1>(own).error().number(), EPIPE);
    EXPECT_EQ(std::get<1>(own).bytes, 10u);
    const std::string sent_before = co_await receive_exactly(ends.second, 11);
    EXPECT_EQ(sent_before, "twelve byt");

    ends = make(10);
    auto sent = co_await when_all(send(ends.second), shut(ends.first, Direction::kReceive));
    EXPECT_EQ(std::get<0>(sent).error().number(), EPIPE);
    EXPECT_EQ(std::get<0>(sent).bytes, 10u);
    const std::string come_before = co_await receive_exactly(ends.first, 11);
    EXPECT_EQ(come_before, "twelve byt");

    ends = make(10);
    auto heard = co_await when_all(receive(ends.second), shut(ends.first, Direction::kSend));
    EXPECT_TRUE(std::get<0>(heard).error().is(Errc::end_of_stream));
  });
}

// The only block is held elsewhere.
TEST_P(MemoryStreamTest, a_receive_without_a_block_waits_until_there_is_one) {
  LoopOptions options = GetParam().options();
  options.pool = {.block_bytes = 64, .max_blocks = 1};
  options.uring.buffer_ring = false;
  destroy_loop();
  auto small = Loop::create(options).value();
  std::vector<std::string> events;
  small->spawn([&]() -> Task<> {
    auto ends = MemoryStream::pair(*small).value();
    auto sent = co_await ends.first.send_all(pattern(100));
    EXPECT_TRUE(sent);
    std::optional<Chunk> held;
    auto first = co_await ends.second.receive();
    EXPECT_EQ(first->text(), pattern(64));
    held.emplace(std::move(*first));
    auto canceled = co_await with_timeout(5ms, ends.second.receive());
    EXPECT_TRUE(canceled.error().is(Errc::timed_out));
    auto receive = [&]() -> Task<> {
      auto chunk = co_await ends.second.receive();
      EXPECT_EQ(chunk->text(), pattern(36, 64));
      events.emplace_back("received");
    };
    auto release = [&]() -> Task<> {
      auto slept = co_await sleep(5ms);
      EXPECT_TRUE(slept);
      events.emplace_back("released");
      // As a user's thread would.
      std::thread([chunk = std::move(*held)] {}).join();
      held.reset();
    };
    co_await when_all(receive(), release());
    EXPECT_EQ(small->pool().blocks_out(), 0u);
    // What a read takes needs no block.
    std::byte room[8];
    auto again = co_await ends.first.send_all("x");
    EXPECT_TRUE(again);
    auto count = co_await ends.second.read(room);
    EXPECT_EQ(*count, 1u);
  });
  small->run();
  EXPECT_EQ(events, (std::vector<std::string>{"released", "received"}));
}

}  // namespace
}  // namespace rondo
