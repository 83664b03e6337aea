// SPDX-License-Identifier: MIT
#include "sim/coro_programs.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"

namespace rondo {

using namespace std::chrono_literals;  // NOLINT: this file is for tests only

namespace {

using Text = std::unique_ptr<std::string>;  // so that a leak or a double free is seen

Text text(int number) { return std::make_unique<std::string>(std::to_string(number)); }

Task<> produce(Channel<Text>& into, int count) {
  for (int i = 0; i < count; ++i) {
    auto sent = co_await into.send(text(i));
    if (!sent) break;
  }
  into.close();
}

}  // namespace

Task<> hands_jobs_through_stages(ProgramLoops) {
  Channel<Text> raw(1);
  Channel<Text> cooked(2);
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn(produce, std::ref(raw), 5);
    scope.spawn([&]() -> Task<> {
      while (auto job = co_await raw.receive()) {
        auto slept = co_await sleep(100us);
        auto sent = co_await cooked.send(std::move(*job));
        if (!slept || !sent) break;
      }
      cooked.close();
    });
    for (;;) {
      auto job = co_await with_timeout(1ms, cooked.receive());
      if (!job) break;
    }
    scope.stop();
  });
}

Task<> takes_turns_with_locks(ProgramLoops) {
  Mutex mutex;
  SharedMutex book;
  Condition changed;
  Semaphore places(2);
  int inside = 0;
  int rounds = 0;
  co_await with_scope([&](Scope& scope) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      scope.spawn([&]() -> Task<> {
        auto place = co_await places.acquire();
        if (!place) co_return;
        auto lock = co_await mutex.lock();
        if (!lock) co_return;
        EXPECT_EQ(++inside, 1);
        auto slept = co_await sleep(50us);
        --inside;
        if (!slept) co_return;
        ++rounds;
        changed.notify_all();
        auto again = co_await with_timeout(200us, changed.wait(*lock));
        static_cast<void>(again);
        lock->unlock();
        auto reading = co_await book.lock_shared();
        if (!reading) co_return;
        co_await yield();
      });
    }
    while (rounds < 2) {
      auto told = co_await changed.wait();
      if (!told) co_return;
    }
    auto writing = co_await book.lock();
    if (writing) co_await yield();
  });
  EXPECT_FALSE(mutex.is_locked());
  EXPECT_EQ(places.available(), 2u);
}

Task<> starts_limits_and_cleans_up(ProgramLoops) {
  int cleaned = 0;
  auto body = [&]() -> Task<int> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      auto server = [](Started<Text> started) -> Task<> {
        auto slept = co_await sleep(100us);
        if (!slept) co_return;
        started.set(text(7));
        auto more = co_await sleep(1ms);
        static_cast<void>(more);
      };
      auto ready = co_await scope.start<Text>(server);
      if (!ready) co_return;
      auto work = [](int number) -> Task<Text> {
        auto slept = co_await sleep(number * 50us);
        co_return slept ? text(number) : nullptr;
      };
      for (int i = 1; i < 5; ++i) {
        auto spawned = co_await scope.spawn_within(2, std::ref(work), i);
        if (!spawned) co_return;
      }
      auto child = scope.spawn(std::ref(work), 3);
      auto value = co_await child.join();
      EXPECT_TRUE(!value || *value == nullptr || **value == "3");
      auto late = scope.spawn(std::ref(work), 100);
      co_await yield();
      late.stop();
    });
    co_return 1;
  };
  auto clean_up = [&]() -> Task<> {
    auto slept = co_await sleep(300us);
    EXPECT_TRUE(slept) << "a stop reaches no clean-up";
    ++cleaned;
  };
  const int value = co_await with_clean_up(body(), std::ref(clean_up));
  EXPECT_EQ(value, 1);
  EXPECT_EQ(cleaned, 1);
}

Task<> selects_and_broadcasts(ProgramLoops) {
  Channel<Text> first(1);
  Channel<int> second(1);
  Broadcast<std::string> news(2, Drop::kOldest);
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn(produce, std::ref(first), 3);
    scope.spawn([&]() -> Task<> {
      for (int i = 0; i < 3; ++i) {
        news.publish(std::to_string(i));
        auto sent = co_await second.send(i);
        if (!sent) break;
        co_await yield();
      }
      second.close();
      news.close();
    });
    scope.spawn([&]() -> Task<> {
      Broadcast<std::string>::Subscription subscription(news);
      while (auto item = co_await subscription.next()) co_await yield();
    });
    while (auto got = co_await select(first, second)) {
      auto slept = co_await sleep(20us);
      if (!slept) break;
    }
  });
}

Task<> shares_with_another_loop(ProgramLoops loops) {
  struct Shared {
    SharedChannel<Text> jobs{1};
    SharedSemaphore places{1};
    SharedEvent done;
  };
  auto shared = std::make_shared<Shared>();
  auto work = [](std::shared_ptr<Shared> with) -> Task<> {
    while (auto job = co_await with->jobs.receive()) {
      auto place = co_await with->places.acquire();
      if (!place) break;
      auto slept = co_await sleep(30us);
      if (!slept) break;
    }
    with->done.set();
  };
  if (!spawn_on(loops.there, work, shared)) co_return;
  for (int i = 0; i < 4; ++i) {
    auto place = co_await shared->places.acquire();
    if (!place) break;
    auto sent = co_await shared->jobs.send(text(i));
    if (!sent) break;
  }
  shared->jobs.close();
  auto done = co_await shared->done.wait();
  static_cast<void>(done);
}

}  // namespace rondo
