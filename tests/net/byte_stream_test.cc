// SPDX-License-Identifier: MIT
// What two connected streams do with each other, over sockets and in memory.
#include "rondo/net/byte_stream.h"

#include <cerrno>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class ByteStreamTest : public StreamTest {};
RONDO_ON_EVERY_STREAM_CELL(ByteStreamTest);
RONDO_IN_EVERY_TOPOLOGY(ByteStreamTest);

TEST_P(ByteStreamTest, what_is_sent_is_received_both_ways) {
  run_between([&](auto& client, auto& server) -> Task<> {
    for (int round = 0; round < 100; ++round) {
      auto asked = co_await client.send_all("question");
      EXPECT_TRUE(asked);
      EXPECT_EQ(asked.bytes, 8u);
      auto question = co_await server.receive();
      EXPECT_EQ(question->text(), "question");
      auto answered = co_await server.send_all(*question);
      EXPECT_TRUE(answered);
      const std::string answer = co_await receive_exactly(client, 8);
      EXPECT_EQ(answer, "question");
    }
  });
}

TEST_P(ByteStreamTest, both_directions_carry_a_lot_at_the_same_time) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(16 << 20)));
  auto send_and_finish = [&](auto& stream) -> Task<> {
    auto sent = co_await stream.send_all(payload);
    EXPECT_TRUE(sent) << sent.error().message();
    EXPECT_EQ(sent.bytes, payload.size());
    auto finished = co_await stream.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
  };
  run_between([&](auto& client, auto& server) -> Task<> {
    auto all = co_await when_all(send_and_finish(client), send_and_finish(server),
                                 receive_to_end(client), receive_to_end(server));
    EXPECT_TRUE(std::get<2>(all).bytes == payload);
    EXPECT_TRUE(std::get<3>(all).bytes == payload);
  });
}

TEST_P(ByteStreamTest, receive_and_read_alternate_in_every_order) {
  const std::string payload = pattern(static_cast<std::size_t>(scaled(4 << 20, 4)));
  auto produce = [&](auto& stream) -> Task<> {
    std::mt19937 random(7);
    std::size_t at = 0;
    while (at < payload.size()) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 40000, payload.size() - at);
      auto sent = co_await stream.send_all(std::string_view(payload).substr(at, size));
      EXPECT_TRUE(sent);
      at += size;
      if (random() % 8 == 0) co_await turns(1);
    }
    auto finished = co_await stream.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
  };
  auto consume = [&](auto& stream) -> Task<> {
    std::mt19937 random(8);
    std::string got;
    std::vector<std::byte> room(50000);
    for (;;) {
      if (random() % 2 == 0) {
        auto chunk = co_await stream.receive();
        if (!chunk) break;
        EXPECT_FALSE(chunk->empty());
        got += chunk->text();
      } else {
        const std::size_t most = random() % 4 == 0 ? 1 + random() % 50000 : 1 + random() % 100;
        auto count = co_await stream.read(std::span(room).first(most));
        if (!count) break;
        EXPECT_GE(*count, 1u);
        EXPECT_LE(*count, most);
        got.append(reinterpret_cast<const char*>(room.data()), *count);
      }
      if (random() % 8 == 0) co_await turns(1);
    }
    EXPECT_EQ(got.size(), payload.size());
    EXPECT_TRUE(got == payload);
  };
  run_between([&](auto& client, auto& server) -> Task<> {
    co_await when_all(produce(client), consume(server));
  });
}

TEST_P(ByteStreamTest, a_gather_sends_all_its_pieces_in_order) {
  std::vector<std::string> texts;
  std::string whole;
  for (std::size_t i = 0; i < 3000; ++i) {
    texts.push_back(pattern(i % 7 == 0 ? 0 : i, whole.size()));
    whole += texts.back();
  }
  std::vector<iovec> pieces;
  for (std::string& text : texts) pieces.push_back({text.data(), text.size()});
  auto gather = [&](auto& stream) -> Task<> {
    auto sent = co_await stream.send_all(std::span<const iovec>(pieces));
    EXPECT_TRUE(sent) << sent.error().message();
    EXPECT_EQ(sent.bytes, whole.size());
    auto finished = co_await stream.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
  };
  run_between([&](auto& client, auto& server) -> Task<> {
    auto both = co_await when_all(gather(client), receive_to_end(server));
    EXPECT_EQ(std::get<1>(both).bytes.size(), whole.size());
    EXPECT_TRUE(std::get<1>(both).bytes == whole);
  });
}

TEST_P(ByteStreamTest, empty_sends_complete_and_send_nothing) {
  run_between([&](auto& client, auto& server) -> Task<> {
    auto some = co_await client.send({});
    EXPECT_TRUE(some);
    EXPECT_EQ(*some, 0u);
    auto all = co_await client.send_all("");
    EXPECT_TRUE(all);
    auto no_pieces = co_await client.send_all(std::span<const iovec>());
    EXPECT_TRUE(no_pieces);
    const std::vector<iovec> empty_pieces(100, iovec{nullptr, 0});
    auto nothing = co_await client.send_all(std::span<const iovec>(empty_pieces));
    EXPECT_TRUE(nothing);
    EXPECT_EQ(nothing.bytes, 0u);
    auto last = co_await client.send_all("x");
    EXPECT_TRUE(last);
    auto chunk = co_await server.receive();
    EXPECT_EQ(chunk->text(), "x");
  });
}

// So little that no send waits: where the peer has half-closed, io_uring takes a send that waits to
// a thread of the kernel (its poll for room always asks for the hang-up too, and that is there).
TEST_P(ByteStreamTest, after_a_half_close_the_other_direction_goes_on) {
  const std::string payload = pattern(64 << 10);
  run_between([&](auto& client, auto& server) -> Task<> {
    auto finished = co_await client.shutdown(Direction::kSend);
    EXPECT_TRUE(finished);
    auto end = co_await server.receive();
    EXPECT_TRUE(end.error().is(Errc::end_of_stream));
    auto both =
        co_await when_all(server.send_all(payload), receive_exactly(client, payload.size()));
    EXPECT_TRUE(std::get<0>(both));
    EXPECT_TRUE(std::get<1>(both) == payload);
    auto answered = co_await server.shutdown(Direction::kSend);
    EXPECT_TRUE(answered);
    auto other_end = co_await client.receive();
    EXPECT_TRUE(other_end.error().is(Errc::end_of_stream));
    auto late = co_await client.send_all("x");
    EXPECT_EQ(late.error().number(), EPIPE);
  });
}

TEST_P(ByteStreamTest, an_idle_connection_holds_no_buffer) {
  run_between([&](auto& client, auto& server) -> Task<> {
    Loop& here = co_await this_loop();
    auto wait = [&]() -> Task<Result<Chunk>> { co_return co_await server.receive(); };
    auto look = [&]() -> Task<> {
      co_await turns(3);
      const std::size_t idle = here.pool().blocks_out();
      auto sent = co_await client.send_all("x");
      EXPECT_TRUE(sent);
      co_await turns(3);
      EXPECT_LE(here.pool().blocks_out(), idle + 1);
    };
    auto both = co_await when_all(wait(), look());
    EXPECT_EQ(std::get<0>(both)->text(), "x");
  });
}

TEST_P(ByteStreamTest, a_chunk_may_be_held_over_and_released_on_another_thread) {
  run_between([&](auto& client, auto& server) -> Task<> {
    Loop& here = co_await this_loop();
    std::vector<Chunk> held;
    for (std::size_t i = 0; i < 40; ++i) {
      auto sent = co_await client.send_all(pattern(100, i * 100));
      EXPECT_TRUE(sent);
      auto chunk = co_await server.receive();
      held.push_back(std::move(*chunk));
    }
    const std::size_t out = here.pool().blocks_out();
    std::thread elsewhere([chunks = std::move(held)]() mutable {
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        EXPECT_EQ(chunks[i].text(), pattern(100, i * 100));
      }
      chunks.clear();
    });
    elsewhere.join();
    auto sent = co_await client.send_all("and on");
    EXPECT_TRUE(sent);
    auto chunk = co_await server.receive();
    EXPECT_EQ(chunk->text(), "and on");
    EXPECT_LE(here.pool().blocks_out(), out + 1);
  });
}

}  // namespace
}  // namespace rondo
