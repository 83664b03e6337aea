// SPDX-License-Identifier: MIT
// io_uring lends blocks of the loop's pool to the kernel; a small pool must not be lent whole, for
// others on the loop take blocks too.
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

struct PoolCell {
  BackendCell backend;
  std::size_t max_blocks;
};

std::vector<PoolCell> pool_cells() {
  std::vector<PoolCell> all;
  for (const BackendCell& backend : backend_cells()) {
    if (backend.kind != BackendKind::kIoUring) continue;
    for (std::size_t max_blocks : {64u, 256u, 1024u}) all.push_back({backend, max_blocks});
  }
  return all;
}

void PrintTo(const PoolCell& cell, std::ostream* out) {
  *out << cell.backend.name << " with " << cell.max_blocks << " blocks";
}

class UringPoolTest : public World, public testing::WithParamInterface<PoolCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().backend.options();
    options.pool.max_blocks = GetParam().max_blocks;
    open(std::move(options));
  }
};
INSTANTIATE_TEST_SUITE_P(, UringPoolTest, testing::ValuesIn(pool_cells()),
                         [](const testing::TestParamInfo<PoolCell>& cell) {
                           return cell.param.backend.name + std::string("_") +
                                  std::to_string(cell.param.max_blocks);
                         });

TEST_P(UringPoolTest, a_small_pool_leaves_a_block_for_a_receive_in_memory) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto ends = MemoryStream::pair(here).value();
    auto sent = co_await ends.first.send_all("hello");
    EXPECT_TRUE(sent);
    auto chunk = co_await with_timeout(10s, ends.second.receive());
    EXPECT_TRUE(chunk) << chunk.error().message() << ", " << here.pool().blocks_out() << " out";
    if (!chunk) co_return;
    EXPECT_EQ(chunk->text(), "hello");
  });
}

TEST_P(UringPoolTest, sockets_and_memory_receive_side_by_side) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    TcpListener listener = TcpListener::listen(here, loopback_port()).value();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint());
    auto stream = co_await listener.accept();
    auto ends = MemoryStream::pair(here).value();
    for (int round = 0; round < 10; ++round) {
      peer.send("socket");
      auto first = co_await with_timeout(10s, stream->receive());
      EXPECT_TRUE(first) << first.error().message();
      auto sent = co_await ends.first.send_all("memory");
      EXPECT_TRUE(sent);
      auto second = co_await with_timeout(10s, ends.second.receive());
      EXPECT_TRUE(second) << second.error().message();
      if (!first || !second) break;
      EXPECT_EQ(first->text(), "socket");
      EXPECT_EQ(second->text(), "memory");
    }
  });
}

}  // namespace
}  // namespace rondo
