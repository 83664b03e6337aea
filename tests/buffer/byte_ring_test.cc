// SPDX-License-Identifier: MIT
#include "rondo/buffer/byte_ring.h"

#include <array>
#include <deque>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

TEST(ByteRing, takes_what_fits_and_gives_what_is_there) {
  std::array<std::byte, 4> memory{};
  ByteRing ring(memory);
  const std::array<std::byte, 6> bytes{std::byte{1}, std::byte{2}, std::byte{3},
                                       std::byte{4}, std::byte{5}, std::byte{6}};
  EXPECT_EQ(ring.put(bytes), 4u);
  EXPECT_EQ(ring.put(bytes), 0u);
  EXPECT_EQ(ring.room(), 0u);
  std::array<std::byte, 6> got{};
  EXPECT_EQ(ring.take(std::span(got).first(3)), 3u);
  EXPECT_EQ(ring.put(std::span(bytes).subspan(4)), 2u);
  EXPECT_EQ(ring.take(std::span(got).subspan(3)), 3u);
  EXPECT_EQ(got, bytes);
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.take(got), 0u);
  EXPECT_EQ(ring.put({}), 0u);
}

// Every size of ring and of piece, against a queue that is obviously right.
TEST(ByteRing, bytes_come_out_in_the_order_in_which_they_went_in) {
  for (std::size_t capacity : {1, 2, 3, 7, 64}) {
    std::vector<std::byte> memory(capacity);
    ByteRing ring(memory);
    std::deque<std::byte> expected;
    std::mt19937 random(static_cast<unsigned>(capacity));
    std::uint8_t next = 0;
    for (int i = 0; i < 20000; ++i) {
      std::vector<std::byte> piece(random() % (capacity + 2));
      if (random() % 2 == 0) {
        for (std::byte& byte : piece) byte = static_cast<std::byte>(next++);
        const std::size_t count = ring.put(piece);
        ASSERT_EQ(count, std::min(piece.size(), capacity - expected.size()));
        next = static_cast<std::uint8_t>(next - (piece.size() - count));
        expected.insert(expected.end(), piece.begin(), piece.begin() + static_cast<long>(count));
      } else {
        const std::size_t count = ring.take(piece);
        ASSERT_EQ(count, std::min(piece.size(), expected.size()));
        for (std::size_t at = 0; at < count; ++at) {
          ASSERT_EQ(piece[at], expected.front());
          expected.pop_front();
        }
      }
      ASSERT_EQ(ring.size(), expected.size());
      ASSERT_EQ(ring.room(), capacity - expected.size());
    }
  }
}

}  // namespace
}  // namespace rondo
