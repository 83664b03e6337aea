// SPDX-License-Identifier: MIT
// Tasks are started, stopped, timed out and joined at random: each ends once, and what they took is
// given back.
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "rondo/sim/world.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

class RandomSteps {
 public:
  explicit RandomSteps(std::uint64_t seed) : world_({.seed = seed}) {}

  // The hash of all that has happened, in its order.
  std::uint64_t run(int steps) {
    auto loop = world_.create_loop();
    loop->spawn([this, steps]() -> Task<> { co_await take_steps(steps); });
    const sim::Outcome outcome = world_.run();
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
    loop.reset();
    EXPECT_EQ(started_, ended_);
    EXPECT_GT(started_, steps / 5);
    EXPECT_FALSE(mutex_.is_locked());
    EXPECT_EQ(semaphore_.available(), 3u);
    EXPECT_EQ(static_cast<std::size_t>(sent_ - received_), channel_.size() + shared_.size());
    return hash_ ^ world_.trace_hash();
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return world_.random() % bound; }
  Duration a_while() { return Duration(static_cast<std::int64_t>(1 + below(200'000))); }
  void note(std::uint64_t what) { hash_ = std::rotl(hash_ ^ what, 7) * 0x9e3779b97f4a7c15u; }

  Task<> take_steps(int steps) {
    co_await with_scope([&](Scope& scope) -> Task<> {
      std::deque<Child<int>> children;
      for (int i = 0; i < steps; ++i) {
        switch (below(10)) {
          case 0:
          case 1:
          case 2:
            children.push_back(scope.spawn(std::ref(child_), below(10)));
            break;
          case 3: {
            auto spawned = co_await with_timeout(
                a_while(), scope.spawn_within(50, std::ref(child_), below(10)));
            note(spawned.ok());
            break;
          }
          case 4:
            if (!children.empty()) children[below(children.size())].stop();
            break;
          case 5: {
            if (children.empty()) break;
            Child<int> child = std::move(children.front());
            children.pop_front();
            auto joined = co_await with_timeout(a_while(), child.join());
            note(joined ? static_cast<std::uint64_t>(*joined) : 99);
            break;
          }
          case 6:
            if (below(2) == 0) {
              event_.set();
            } else {
              event_.reset();
            }
            break;
          case 7: {
            auto slept = co_await sleep(a_while());
            static_cast<void>(slept);
            break;
          }
          case 8:
            co_await yield();
            break;
          default: {
            if (scope.running() < 100) break;
            co_await scope.any_done();
            break;
          }
        }
      }
      scope.stop();
    });
  }

  Task<int> live(std::uint64_t kind) {
    ++started_;
    const std::uint64_t number = static_cast<std::uint64_t>(started_);
    bool good = false;
    switch (kind) {
      case 0: {
        auto got = co_await with_timeout(a_while(), channel_.receive());
        good = got.ok();
        received_ += good;
        break;
      }
      case 1: {
        auto sent = co_await channel_.send(1);
        good = sent.ok();
        sent_ += good;
        break;
      }
      case 2: {
        auto lock = co_await mutex_.lock();
        if (!lock) break;
        auto slept = co_await sleep(a_while());
        good = slept.ok();
        break;
      }
      case 3: {
        auto permits = co_await with_timeout(a_while(), semaphore_.acquire(1 + below(3)));
        if (!permits) break;
        auto slept = co_await sleep(a_while());
        good = slept.ok();
        break;
      }
      case 4: {
        auto set = co_await with_timeout(a_while(), event_.wait());
        good = set.ok();
        break;
      }
      case 5: {
        auto any = co_await when_any(channel_.receive(), sleep(a_while()), event_.wait());
        good = std::get<0>(any.results).ok();
        received_ += good;
        break;
      }
      case 6: {
        auto got = co_await with_timeout(a_while(), select(channel_, other_));
        good = got.ok();
        received_ += good;
        break;
      }
      case 7: {
        auto slept = co_await shield(sleep(a_while()));
        good = slept.ok();
        EXPECT_TRUE(good);
        break;
      }
      case 8: {
        auto sent = co_await with_timeout(a_while(), shared_.send(1));
        good = sent.ok();
        sent_ += good;
        break;
      }
      default: {
        auto got = co_await with_timeout(a_while(), shared_.receive());
        good = got.ok();
        received_ += good;
        break;
      }
    }
    note(number * 16 + kind * 2 + good);
    ++ended_;
    co_return static_cast<int>(kind);
  }

  sim::World world_;
  Event event_;
  Mutex mutex_;
  Semaphore semaphore_{3};
  Channel<int> channel_{4};
  Channel<int> other_{1};
  SharedChannel<int> shared_{4};
  std::function<Task<int>(std::uint64_t)> child_ = [this](std::uint64_t kind) {
    return live(kind);
  };
  std::uint64_t hash_ = 1;
  int started_ = 0;
  int ended_ = 0;
  int sent_ = 0;
  int received_ = 0;
};

void run_seeds(int seeds, int steps) {
  for (int seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto number = static_cast<std::uint64_t>(seed);
    const std::uint64_t once = RandomSteps(number).run(steps);
    EXPECT_EQ(RandomSteps(number).run(steps), once);
  }
}

TEST(RandomStepsTest, every_task_ends_once_and_a_seed_gives_the_same_run_twice) {
  run_seeds(scaled(20), 10'000);
}

TEST(RandomStepsTest, DISABLED_Soak_a_thousand_seeds) { run_seeds(1000, 100'000); }

}  // namespace
}  // namespace rondo
