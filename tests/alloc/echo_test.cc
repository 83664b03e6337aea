// SPDX-License-Identifier: MIT
// After warm-up the echo path allocates nothing, on every backend and in each way of reading.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "alloc/counting.h"
#include "support/world.h"

namespace rondo {
namespace {

enum class Reading { kReceive, kSpan, kReceiveInTime };

Task<> serve(TcpStream stream, Reading reading) {
  std::array<std::byte, 4096> room;
  for (;;) {
    Transfer sent;
    if (reading == Reading::kSpan) {
      auto count = co_await stream.read(room);
      if (!count) break;
      sent = co_await stream.send_all(std::span<const std::byte>(room).first(*count));
    } else if (reading == Reading::kReceive) {
      auto chunk = co_await stream.receive();
      if (!chunk) break;
      sent = co_await stream.send_all(*chunk);
    } else {
      auto chunk = co_await with_timeout(1h, stream.receive());
      if (!chunk) break;
      sent = co_await with_timeout(1h, stream.send_all(*chunk));
    }
    if (!sent) break;
  }
}

// One client: sends a message and takes the answer, so many times.
Task<> ask(TcpStream& stream, std::span<std::byte> message, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    auto sent = co_await stream.send_all(message);
    std::size_t got = 0;
    while (sent && got < message.size()) {
      auto count = co_await stream.read(message.subspan(got));
      if (!count) co_return;
      got += *count;
    }
  }
}

class AllocationTest : public BackendTest {
 protected:
  // How much is allocated in `rounds` round trips on each of `connections`, after as many to warm
  // up.
  std::uint64_t count(Reading reading, int connections, std::size_t size, int rounds) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    run([&]() -> Task<> {
      Loop& here = co_await this_loop();
      auto listener = TcpListener::listen(here, loopback_port()).value();
      const Endpoint address = listener.local_endpoint().value();
      std::vector<TcpStream> clients;
      std::vector<std::vector<std::byte>> messages;
      for (int i = 0; i < connections; ++i) {
        auto both = co_await when_all(TcpStream::connect(address), listener.accept());
        here.spawn(serve, std::move(*std::get<1>(both)), reading);
        clients.push_back(std::move(*std::get<0>(both)));
        messages.emplace_back(size);
      }
      for (std::uint64_t* counted : {&before, &after}) {
        co_await with_scope([&](Scope& scope) -> Task<> {
          for (std::size_t i = 0; i < clients.size(); ++i) {
            scope.spawn(ask, std::ref(clients[i]), std::span(messages[i]), rounds);
          }
          co_return;
        });
        *counted = allocations();
      }
    });
    return after - before;
  }
};
RONDO_ON_EVERY_BACKEND(AllocationTest);

TEST_P(AllocationTest, the_count_itself_works) {
  const std::uint64_t before = allocations();
  std::unique_ptr<int> one(new int(1));
  void* volatile two = std::malloc(1);
  EXPECT_EQ(allocations() - before, 2u);
  std::free(two);
}

TEST_P(AllocationTest, echo_by_receive_allocates_nothing) {
  EXPECT_EQ(count(Reading::kReceive, 1, 64, 2000), 0u);
  EXPECT_EQ(count(Reading::kReceive, 64, 64, 200), 0u);
  EXPECT_EQ(count(Reading::kReceive, 16, 16384, 200), 0u);
}

TEST_P(AllocationTest, echo_by_read_allocates_nothing) {
  EXPECT_EQ(count(Reading::kSpan, 1, 64, 2000), 0u);
  EXPECT_EQ(count(Reading::kSpan, 64, 64, 200), 0u);
  EXPECT_EQ(count(Reading::kSpan, 16, 16384, 200), 0u);
}

TEST_P(AllocationTest, deadlines_around_each_step_allocate_nothing) {
  EXPECT_EQ(count(Reading::kReceiveInTime, 1, 64, 2000), 0u);
  EXPECT_EQ(count(Reading::kReceiveInTime, 64, 64, 200), 0u);
}

TEST_P(AllocationTest, sleeping_yielding_and_posting_allocate_nothing) {
  struct Letter final : Mail {
    void run() noexcept override { ++runs; }
    int runs = 0;
  };
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    Letter letter;
    std::uint64_t before = 0;
    for (int i = 0; i < 2000; ++i) {
      if (i == 1000) before = allocations();
      auto slept = co_await sleep(0ns);
      static_cast<void>(slept);
      co_await yield();
      if (!here.post(letter) || !here.post([&letter] { ++letter.runs; })) break;
    }
    const std::uint64_t after = allocations();
    EXPECT_EQ(after - before, 0u);
    co_await turns(2);
    EXPECT_EQ(letter.runs, 4000);
  });
}

}  // namespace
}  // namespace rondo
