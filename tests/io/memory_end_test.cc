// SPDX-License-Identifier: MIT
// Ends, frames and loops that go in every order.
#include "rondo/io/memory_end.h"

#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class MemoryEndTest : public BackendTest {
 protected:
  static Task<> send(MemoryStream stream) {
    static_cast<void>(co_await stream.send_all("more than four"));
  }
  static Task<> gather(MemoryStream stream) {
    char text[] = "more than four";
    const iovec piece{text, sizeof text};
    static_cast<void>(co_await stream.send_all(std::span<const iovec>(&piece, 1)));
  }
  static Task<> receive(MemoryStream stream) { static_cast<void>(co_await stream.receive()); }
  static Task<> read(MemoryStream stream) {
    std::byte room[4];
    static_cast<void>(co_await stream.read(room));
  }
  static constexpr Task<> (*kKinds[])(MemoryStream) = {send, gather, receive, read};
};
RONDO_ON_MAIN_BACKENDS(MemoryEndTest);

TEST_P(MemoryEndTest, a_loop_goes_while_both_ends_wait_in_every_kind) {
  for (auto* one : kKinds) {
    for (auto* other : kKinds) {
      auto ends = MemoryStream::pair(loop(), {.capacity = 4}).value();
      loop().spawn(one, std::move(ends.first));
      loop().spawn(other, std::move(ends.second));
    }
  }
  turn();
  destroy_loop();
}

// The first goes while it waits, is woken or is being stopped, and the other one after it.
TEST_P(MemoryEndTest, frames_go_at_any_moment_and_with_them_the_ends_that_others_wait_for) {
  for (auto* one : kKinds) {
    for (auto* other : kKinds) {
      for (int i = 0; i < 8; ++i) {
        run([&]() -> Task<> {
          auto ends = MemoryStream::pair(loop(), {.capacity = 4}).value();
          std::optional<Scope> first(std::in_place, loop());
          Scope second(loop());
          first->spawn(one, std::move(ends.first));
          second.spawn(other, std::move(ends.second));
          if ((i & 1) != 0) co_await turns(1);
          if ((i & 2) != 0) first->stop();
          if ((i & 4) != 0) co_await yield();
          first.reset();
          if ((i & 2) != 0) co_await yield();
        });
      }
    }
  }
}

TEST_P(MemoryEndTest, an_end_lives_as_long_as_an_operation_that_was_made_of_it) {
  std::optional<MemoryReceive> receive;
  std::optional<MemoryRead> moved;
  std::byte room[4];
  {
    auto ends = MemoryStream::pair(loop()).value();
    receive.emplace(ends.first.receive());
    auto read = ends.second.read(room);
    moved.emplace(std::move(read));
  }
  run([&]() -> Task<> {
    auto chunk = co_await std::move(*receive);
    EXPECT_TRUE(chunk.error().is(Errc::closed));
    auto count = co_await std::move(*moved);
    EXPECT_TRUE(count.error().is(Errc::closed));
  });
}

TEST_P(MemoryEndTest, streams_may_outlive_their_loop_when_nobody_waits_on_them) {
  auto ends = MemoryStream::pair(loop()).value();
  run([&]() -> Task<> {
    auto sent = co_await ends.first.send_all("never received");
    EXPECT_TRUE(sent);
  });
  destroy_loop();
  { MemoryStream gone = std::move(ends.second); }
}

TEST_P(MemoryEndTest, a_frame_or_its_end_goes_while_it_starves_for_a_block) {
  LoopOptions options = GetParam().options();
  options.pool = {.block_bytes = 64, .max_blocks = 1};
  options.uring.buffer_ring = false;
  destroy_loop();
  auto small = Loop::create(options).value();
  small->spawn([&]() -> Task<> {
    auto ends = MemoryStream::pair(*small).value();
    auto sent = co_await ends.first.send_all(pattern(100));
    EXPECT_TRUE(sent);
    auto only_block = co_await ends.second.receive();
    {
      Scope scope(*small);
      scope.spawn([&]() -> Task<> { static_cast<void>(co_await ends.second.receive()); });
      co_await turns(3);
      EXPECT_EQ(small->timers().size(), 1u);
    }
    EXPECT_EQ(small->timers().size(), 0u);
    std::byte room[36];
    auto count = co_await ends.second.read(room);  // nothing was lost
    EXPECT_EQ(*count, 36u);
    auto again = co_await ends.first.send_all("x");
    EXPECT_TRUE(again);
    auto starve = [&]() -> Task<Result<Chunk>> { co_return co_await ends.second.receive(); };
    auto close = [&]() -> Task<> {
      co_await turns(3);
      co_await ends.second.close();
    };
    auto both = co_await when_all(starve(), close());
    EXPECT_TRUE(std::get<0>(both).error().is(Errc::closed));
    EXPECT_EQ(small->timers().size(), 0u);
  });
  small->run();
}

}  // namespace
}  // namespace rondo
