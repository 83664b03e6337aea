// SPDX-License-Identifier: MIT
// After warm-up neither waiting nor spawning allocates.
#include <cstdint>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include "alloc/counting.h"
#include "rondo/rondo.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

// One round of everything that waits, with waits that do suspend.
template <class C, class S, class E>
Task<> round_of(C& channel, S& semaphore, E& event, Mutex& mutex) {
  co_await with_scope([&](Scope& scope) -> Task<> {
    event.reset();
    for (int i = 0; i < 3; ++i) {
      scope.spawn([&]() -> Task<> {
        auto permit = co_await semaphore.acquire();
        auto lock = co_await mutex.lock();
        co_await yield();
        auto set = co_await event.wait();
        auto sent = co_await channel.send(1);
        EXPECT_TRUE(permit && lock && set && sent);
      });
    }
    auto value = scope.spawn([&]() -> Task<int> {
      int sum = 0;
      for (int i = 0; i < 3; ++i) {
        auto got = co_await select(channel, channel);
        sum += got->index() == 0 ? std::get<0>(*got) : std::get<1>(*got);
      }
      co_return sum;
    });
    for (int i = 0; i < 10; ++i) co_await yield();
    event.set();
    auto sum = co_await value.join();
    EXPECT_EQ(*sum, 3);
    auto both = co_await when_all(shield(yield()), yield());
    static_cast<void>(both);
  });
}

template <class C, class S, class E>
std::uint64_t count() {
  TestRunner runner;
  C channel(1);
  S semaphore(2);
  E event;
  Mutex mutex;
  std::uint64_t counted = 0;
  runner.complete([&]() -> Task<> {
    for (int i = 0; i < 10; ++i) co_await round_of(channel, semaphore, event, mutex);
    const std::uint64_t before = allocations();
    for (int i = 0; i < 100; ++i) co_await round_of(channel, semaphore, event, mutex);
    counted = allocations() - before;
  });
  return counted;
}

TEST(CoroAllocationTest, primitives_and_scopes_of_a_loop_allocate_nothing) {
  EXPECT_EQ((count<Channel<int>, Semaphore, Event>()), 0u);
}

TEST(CoroAllocationTest, nor_do_those_between_loops) {
  EXPECT_EQ((count<SharedChannel<int>, SharedSemaphore, SharedEvent>()), 0u);
}

}  // namespace
}  // namespace rondo
