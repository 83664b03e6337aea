// SPDX-License-Identifier: MIT
#include "rondo/buffer/chunk.h"

#include <cstring>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/buffer/pool.h"

namespace rondo {
namespace {

class ChunkTest : public testing::Test {
 protected:
  Chunk chunk(std::string_view text, std::uint32_t consumed = 0) {
    Block* block = pool_->take();
    std::memcpy(block->data, text.data(), text.size());
    block->begin = consumed;
    block->size = static_cast<std::uint32_t>(text.size());
    return Chunk(*block);
  }

  Pool::Owner pool_ = Pool::create({.max_blocks = 4});
};

TEST_F(ChunkTest, shows_the_bytes_that_are_not_consumed) {
  const Chunk whole = chunk("episode");
  EXPECT_EQ(whole.text(), "episode");
  EXPECT_EQ(whole.size(), 7u);
  const Chunk rest = chunk("episode", 3);
  EXPECT_EQ(rest.text(), "sode");
  const std::span<const std::byte> bytes = rest;
  EXPECT_EQ(bytes.size(), 4u);
}

TEST_F(ChunkTest, holder_may_change_the_bytes) {
  Chunk text = chunk("theme");
  text.bytes()[0] = std::byte{'T'};
  EXPECT_EQ(text.text(), "Theme");
}

TEST_F(ChunkTest, remove_prefix_forgets_at_most_all) {
  Chunk text = chunk("refrain");
  text.remove_prefix(2);
  EXPECT_EQ(text.text(), "frain");
  text.remove_prefix(0);
  EXPECT_EQ(text.size(), 5u);
  text.remove_prefix(1000);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.text(), "");
}

TEST_F(ChunkTest, an_empty_chunk_has_no_bytes) {
  Chunk none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(none.text(), "");
  none.remove_prefix(1);
  EXPECT_TRUE(none.empty());
}

TEST_F(ChunkTest, gives_its_buffer_back_once) {
  {
    Chunk first = chunk("one");
    Chunk second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT: what a move leaves behind is promised
    EXPECT_EQ(second.text(), "one");
    EXPECT_EQ(pool_->blocks_out(), 1u);
    Chunk third = chunk("three");
    third = std::move(second);
    EXPECT_EQ(third.text(), "one");
    EXPECT_EQ(pool_->blocks_out(), 1u);
    Chunk& same = third;
    third = std::move(same);
    EXPECT_EQ(third.text(), "one");
  }
  EXPECT_EQ(pool_->blocks_out(), 0u);
}

TEST_F(ChunkTest, goes_home_from_a_foreign_thread) {
  for (int i = 0; i < 20; ++i) {
    std::thread([text = chunk("away")] { EXPECT_EQ(text.text(), "away"); }).join();
  }
  EXPECT_TRUE(pool_->has_free());
  EXPECT_LE(pool_->blocks_total(), 4u);
}

}  // namespace
}  // namespace rondo
