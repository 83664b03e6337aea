// SPDX-License-Identifier: MIT
// Very many pairs, and very busy ones.
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/world.h"

namespace rondo {
namespace {

class MemoryScaleTest : public BackendTest {};
RONDO_ON_MAIN_BACKENDS(MemoryScaleTest);

TEST_P(MemoryScaleTest, a_fast_pair_starves_neither_sockets_nor_timers_nor_posts) {
  bool enough = false;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    for (int i = 0; i < 4; ++i) {
      auto ends = MemoryStream::pair(here).value();
      here.spawn(echo, std::move(ends.second));
      here.spawn([&enough, stream = std::move(ends.first)]() mutable -> Task<> {
        while (!enough) {
          auto sent = co_await stream.send_all("ping");
          const std::string pong = co_await receive_exactly(stream, 4);
          if (!sent || pong != "ping") break;
        }
      });
    }
    // Sends and receives in one task, where nothing ever has to wait.
    here.spawn([&]() -> Task<> {
      auto ends = MemoryStream::pair(here).value();
      while (!enough) {
        auto sent = co_await ends.first.send_all("x");
        auto chunk = co_await ends.second.receive();
        if (!sent || !chunk) break;
      }
    });
    auto sockets = control::open_socket_pair(BlockingMode::kNonBlocking).value();
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t before = here.counters().turns;
      EXPECT_EQ(::write(sockets.first.number(), "x", 1), 1);
      auto ready = co_await wait_readable(sockets.second.number());
      EXPECT_TRUE(ready);
      char byte;
      EXPECT_EQ(::read(sockets.second.number(), &byte, 1), 1);
      bool posted = false;
      EXPECT_TRUE(here.post([&] { posted = true; }));
      auto slept = co_await sleep(0ns);
      EXPECT_TRUE(slept);
      EXPECT_TRUE(posted);
      EXPECT_LE(here.counters().turns - before, 8u);
    }
    enough = true;
  });
}

TEST_P(MemoryScaleTest, ten_thousand_pairs_echo_at_the_same_time) {
  const int pairs = scaled(10000);
  int answered = 0;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    for (int i = 0; i < pairs; ++i) {
      auto ends = MemoryStream::pair(here, {.capacity = 4096}).value();
      here.spawn(echo, std::move(ends.second));
      here.spawn([&answered, i, stream = std::move(ends.first)]() mutable -> Task<> {
        const std::string question = pattern(100, static_cast<std::size_t>(i));
        auto sent = co_await stream.send_all(question);
        EXPECT_TRUE(sent);
        const std::string answer = co_await receive_exactly(stream, 100);
        EXPECT_EQ(answer, question);
        ++answered;
      });
    }
    co_return;
  });
  EXPECT_EQ(answered, pairs);
  EXPECT_LE(loop().pool().blocks_total(), 1024u) << "one hot block, however many receive";
}

}  // namespace
}  // namespace rondo
