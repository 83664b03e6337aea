// SPDX-License-Identifier: MIT
// Once there is a pair, what goes through it allocates nothing, on every backend.
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "alloc/counting.h"
#include "support/world.h"

namespace rondo {
namespace {

class MemoryAllocationTest : public BackendTest {
 protected:
  // Round trips on a pair whose other end echoes; sends wait when a message is larger than the
  // buffer.
  static Task<> ask(MemoryStream& stream, std::span<std::byte> message, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      const iovec piece{message.data(), message.size()};
      auto send = [](MemoryStream& to, const iovec& whole) -> Task<> {
        auto sent = co_await with_timeout(1h, to.send_all(std::span<const iovec>(&whole, 1)));
        EXPECT_TRUE(sent);
      };
      auto receive = [](MemoryStream& from, std::span<std::byte> room) -> Task<> {
        for (std::size_t got = 0; got < room.size();) {
          auto count = co_await from.read(room.subspan(got));
          if (!count) co_return;
          got += *count;
        }
      };
      co_await when_all(send(stream, piece), receive(stream, message));
    }
  }
};
RONDO_ON_EVERY_BACKEND(MemoryAllocationTest);

TEST_P(MemoryAllocationTest, echo_over_pairs_allocates_nothing) {
  for (std::size_t size : {64, 200000}) {
    const int rounds = size == 64 ? 500 : 20;
    run([&]() -> Task<> {
      Loop& here = co_await this_loop();
      std::vector<MemoryStream> clients;
      std::vector<std::vector<std::byte>> messages;
      for (int i = 0; i < 16; ++i) {
        auto ends = MemoryStream::pair(here).value();
        here.spawn(echo, std::move(ends.second));
        clients.push_back(std::move(ends.first));
        messages.emplace_back(size);
      }
      std::uint64_t counted[2];
      for (std::uint64_t& count : counted) {
        co_await with_scope([&](Scope& scope) -> Task<> {
          for (std::size_t i = 0; i < clients.size(); ++i) {
            scope.spawn(ask, std::ref(clients[i]), std::span(messages[i]), rounds);
          }
          co_return;
        });
        count = allocations();
      }
      EXPECT_EQ(counted[1] - counted[0], 0u) << size;
    });
  }
}

}  // namespace
}  // namespace rondo
