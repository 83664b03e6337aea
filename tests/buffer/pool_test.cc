// SPDX-License-Identifier: MIT
#include "rondo/buffer/pool.h"

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/buffer/chunk.h"

namespace rondo {
namespace {

TEST(Pool, gives_blocks_that_do_not_overlap_up_to_its_limit) {
  const auto pool = Pool::create({.block_bytes = 1000, .max_blocks = 50});
  std::vector<Block*> blocks;
  while (Block* block = pool->take()) {
    std::memset(block->data, static_cast<int>(blocks.size()), pool->block_bytes());
    blocks.push_back(block);
  }
  EXPECT_EQ(blocks.size(), 50u);
  EXPECT_EQ(pool->blocks_total(), 50u);
  EXPECT_EQ(pool->blocks_out(), 50u);
  EXPECT_FALSE(pool->has_free());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i]->data[0], static_cast<std::byte>(i));
    EXPECT_EQ(blocks[i]->data[999], static_cast<std::byte>(i));
  }
  pool->give_back(*blocks.back());
  EXPECT_TRUE(pool->has_free());
  EXPECT_EQ(pool->take(), blocks.back());
  for (Block* block : blocks) pool->give_back(*block);
  EXPECT_EQ(pool->blocks_out(), 0u);
}

TEST(Pool, uses_the_hot_block_again) {
  const auto pool = Pool::create();
  Block* first = pool->take();
  Block* second = pool->take();
  pool->give_back(*first);
  pool->give_back(*second);
  EXPECT_EQ(pool->take(), second);
  EXPECT_EQ(pool->take(), first);
  pool->give_back(*first);
  pool->give_back(*second);
}

TEST(Pool, costs_nothing_before_it_is_used) {
  const auto pool = Pool::create({.max_blocks = 1'000'000});
  EXPECT_EQ(pool->blocks_total(), 0u);
}

TEST(Pool, a_block_given_back_on_a_foreign_thread_comes_home) {
  const auto pool = Pool::create({.max_blocks = 1});
  Block* block = pool->take();
  EXPECT_EQ(pool->take(), nullptr);
  std::thread([&] { pool->give_back(*block); }).join();
  EXPECT_EQ(pool->take(), block);
  EXPECT_EQ(pool->take(), nullptr);
  pool->give_back(*block);
}

TEST(Pool, belongs_to_the_thread_that_it_is_bound_to) {
  const auto pool = Pool::create({.max_blocks = 1});
  std::thread([&] {
    pool->bind_to_thread();
    Block* block = pool->take();
    pool->give_back(*block);
    EXPECT_EQ(pool->blocks_out(), 0u);
  }).join();
}

TEST(Pool, a_foreign_return_wakes_who_starves_and_nobody_else) {
  const auto pool = Pool::create({.max_blocks = 2});
  std::atomic<int> wakes = 0;
  pool->on_foreign_return([](void* count) { static_cast<std::atomic<int>*>(count)->fetch_add(1); },
                          &wakes);
  Block* first = pool->take();
  Block* second = pool->take();
  std::thread([&] { pool->give_back(*first); }).join();
  EXPECT_EQ(wakes, 0);
  pool->set_starving(true);
  std::thread([&] { pool->give_back(*second); }).join();
  EXPECT_EQ(wakes, 1);
  pool->on_foreign_return(nullptr, nullptr);
  Block* third = pool->take();
  std::thread([&] { pool->give_back(*third); }).join();
  EXPECT_EQ(wakes, 1);
}

// Sanitizers see here what a test cannot: the memory stays for the last chunk, and goes with it.

TEST(Pool, is_outlived_by_chunks_of_its_own_thread) {
  std::vector<Chunk> chunks;
  {
    const auto pool = Pool::create();
    for (int i = 0; i < 3; ++i) {
      Block* block = pool->take();
      block->begin = 0;
      block->size = 5;
      std::memcpy(block->data, "hello", 5);
      chunks.emplace_back(*block);
    }
  }
  for (const Chunk& chunk : chunks) EXPECT_EQ(chunk.text(), "hello");
}

TEST(Pool, is_outlived_by_chunks_on_foreign_threads) {
  for (int round = 0; round < 100; ++round) {
    std::vector<Chunk> here;
    std::vector<std::thread> threads;
    std::atomic<bool> go = false;
    {
      const auto pool = Pool::create({.block_bytes = 64, .max_blocks = 64});
      for (int i = 0; i < 4; ++i) {
        std::vector<Chunk> chunks;
        for (int k = 0; k < 8; ++k) {
          Block* block = pool->take();
          block->begin = 0;
          block->size = 1;
          block->data[0] = std::byte{7};
          (k == 0 ? here : chunks).emplace_back(*block);
        }
        threads.emplace_back([&go, mine = std::move(chunks)]() mutable {
          go.wait(false);
          while (!mine.empty()) {
            EXPECT_EQ(mine.back().data()[0], std::byte{7});
            mine.pop_back();
          }
        });
      }
      here.pop_back();
      go = true;
      go.notify_all();
    }  // the pool ends while they give back
    here.clear();
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(PoolDeathTest, refuses_options_that_make_no_sense) {
  EXPECT_DEATH(Pool::create({.block_bytes = 1}), "block_bytes must be 64 B to 1 GiB");
  EXPECT_DEATH(Pool::create({.max_blocks = 0}), "max_blocks at least 1");
}

}  // namespace
}  // namespace rondo
