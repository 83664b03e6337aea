// SPDX-License-Identifier: MIT
// What must not be done with a pair ends the process with a sentence, as for sockets.
#include <string>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

// The dying loop is a fresh one, made by the child that the death test forks.
template <class Body>
void with_pair(Body body) {
  auto loop = Loop::create({.backend = BackendKind::kEpoll}).value();
  loop->spawn([&]() -> Task<> {
    auto ends = MemoryStream::pair(*loop, {.capacity = 10}).value();
    co_await body(ends.first, ends.second);
  });
  loop->run();
}

TEST(MemoryMisuseDeathTest, two_receives_at_the_same_time) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 co_await when_all(one.receive(), one.receive());
               }),
               "two receives");
}

TEST(MemoryMisuseDeathTest, a_receive_and_a_read_at_the_same_time) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 std::byte room[4];
                 co_await when_all(one.receive(), one.read(room));
               }),
               "two receives");
}

TEST(MemoryMisuseDeathTest, two_sends_at_the_same_time) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 co_await when_all(one.send_all("more than ten"), one.send_all("x"));
               }),
               "two sends");
}

TEST(MemoryMisuseDeathTest, a_read_into_an_empty_span) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 static_cast<void>(co_await one.read({}));
               }),
               "there is no room in an empty span");
}

TEST(MemoryMisuseDeathTest, an_operation_on_a_closed_stream) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 co_await one.close();
                 static_cast<void>(co_await one.receive());
               }),
               "closed or moved from");
}

TEST(MemoryMisuseDeathTest, an_operation_on_a_stream_that_was_moved_away) {
  EXPECT_DEATH(with_pair([](MemoryStream& one, MemoryStream&) -> Task<> {
                 MemoryStream taken = std::move(one);
                 static_cast<void>(co_await one.send_all("x"));
               }),
               "closed or moved from");
}

TEST(MemoryMisuseDeathTest, a_stream_of_another_loop) {
  EXPECT_DEATH(
      {
        auto other = Loop::create({.backend = BackendKind::kEpoll}).value();
        auto ends = MemoryStream::pair(*other).value();
        with_pair([&](MemoryStream&, MemoryStream&) -> Task<> {
          static_cast<void>(co_await ends.first.receive());
        });
      },
      "streams are used on their own loop only");
}

TEST(MemoryMisuseDeathTest, a_buffer_of_no_bytes) {
  EXPECT_DEATH(
      {
        auto loop = Loop::create({.backend = BackendKind::kEpoll}).value();
        static_cast<void>(MemoryStream::pair(*loop, {.capacity = 0}));
      },
      "capacity must be 1 B to 1 GiB");
}

}  // namespace
}  // namespace rondo
