// SPDX-License-Identifier: MIT
// What other threads may do with a loop: post, spawn_on, switch_to.
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/shield.h"
#include "support/world.h"

namespace rondo {
namespace {

class PostTest : public BackendTest {};
RONDO_ON_EVERY_BACKEND(PostTest);

// A second loop of the same backend with a thread of its own.
class OtherLoop {
 public:
  explicit OtherLoop(const BackendCell& cell) : loop_(Loop::create(cell.options()).value()) {
    thread_ = std::thread([this] { loop_->run_until_stopped(); });
  }
  ~OtherLoop() {
    loop_->stop();
    thread_.join();
  }

  Loop& loop() { return *loop_; }
  std::thread::id thread_id() const { return thread_.get_id(); }

 private:
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

TEST_P(PostTest, a_post_to_a_sleeping_loop_wakes_it) {
  OtherLoop other(GetParam());
  const int rounds = scaled(2000);
  for (int i = 0; i < rounds; ++i) {
    std::promise<std::thread::id> ran;
    auto where = ran.get_future();
    EXPECT_TRUE(other.loop().post([&ran] { ran.set_value(std::this_thread::get_id()); }));
    EXPECT_EQ(where.get(), other.thread_id());
  }
}

// A number from a producer, checked for order where it arrives.
struct Letter final : Mail {
  void run() noexcept override {
    in_order = *next == number;
    ++*next;
  }

  std::uint64_t number = 0;
  std::uint64_t* next = nullptr;  // of its producer; the loop's thread only
  bool in_order = false;
};

TEST_P(PostTest, a_wake_storm_from_four_threads_loses_nothing_and_keeps_each_ones_order) {
  constexpr int kThreads = 4;
  const auto each = static_cast<std::size_t>(scaled(100000));
  std::vector<std::vector<Letter>> letters;
  std::vector<std::uint64_t> next(kThreads);
  for (std::size_t who = 0; who < kThreads; ++who) {
    letters.emplace_back(each);
    for (std::size_t i = 0; i < each; ++i) {
      letters.back()[i].number = i;
      letters.back()[i].next = &next[who];
    }
  }
  std::uint64_t wakes = 0;
  std::uint64_t posts = 0;
  std::uint64_t waits = 0;
  {
    OtherLoop other(GetParam());
    std::vector<std::thread> threads;
    std::atomic<int> refused{0};
    for (auto& mine : letters) {
      threads.emplace_back([&] {
        for (Letter& letter : mine) {
          if (!other.loop().post(letter)) ++refused;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(refused, 0);
    std::promise<void> drained;
    EXPECT_TRUE(other.loop().post([&] {
      wakes = other.loop().wakes();
      posts = other.loop().posts();
      waits = other.loop().backend().counters().waits;
      drained.set_value();
    }));
    drained.get_future().get();
  }
  for (std::uint64_t arrived : next) EXPECT_EQ(arrived, each);
  for (const auto& mine : letters) {
    for (const Letter& letter : mine) ASSERT_TRUE(letter.in_order) << letter.number;
  }
  EXPECT_EQ(posts, kThreads * each + 1);
  EXPECT_LE(wakes, waits + 1) << "no more wakes than sleeps";
}

TEST_P(PostTest, spawn_on_starts_a_task_on_another_loop) {
  std::promise<std::thread::id> ran;
  {
    OtherLoop other(GetParam());
    const bool taken = spawn_on(
        other.loop(),
        [&ran](std::unique_ptr<int> argument) -> Task<> {
          co_await turns(2);
          EXPECT_EQ(*argument, 42);
          ran.set_value(std::this_thread::get_id());
        },
        std::make_unique<int>(42));
    EXPECT_TRUE(taken);
    EXPECT_EQ(ran.get_future().get(), other.thread_id());
  }
}

TEST_P(PostTest, switch_to_goes_on_there_and_comes_back) {
  OtherLoop other(GetParam());
  Loop& here = loop();
  const std::thread::id home = std::this_thread::get_id();
  run([&]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      const bool there = co_await switch_to(other.loop());
      EXPECT_TRUE(there);
      EXPECT_EQ(std::this_thread::get_id(), other.thread_id());
      auto slept = co_await sleep(0ns);
      EXPECT_TRUE(slept);
      const bool back = co_await switch_to(here);
      EXPECT_TRUE(back);
      EXPECT_EQ(std::this_thread::get_id(), home);
    }
  });
}

TEST_P(PostTest, a_task_that_ends_on_another_loop_is_joined_at_home) {
  OtherLoop other(GetParam());
  run([&]() -> Task<> {
    int ended = 0;
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (int i = 0; i < 10; ++i) {
        scope.spawn([&]() -> Task<> {
          const bool there = co_await switch_to(other.loop());
          EXPECT_TRUE(there);
          co_await turns(1);
        });
      }
      while (scope.running() != 0) {
        co_await scope.any_done();
        ++ended;
      }
    });
    EXPECT_GT(ended, 0);
  });
}

TEST_P(PostTest, a_stop_follows_a_task_to_another_loop) {
  OtherLoop other(GetParam());
  run([&]() -> Task<> {
    std::atomic<bool> asleep{false};
    Error outcome;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        const bool there = co_await switch_to(other.loop());
        EXPECT_TRUE(there);
        asleep = true;
        auto slept = co_await sleep(1h);
        outcome = slept.error();
      });
      while (!asleep) {
        auto slept = co_await sleep(100us);
        EXPECT_TRUE(slept);
      }
      scope.stop();
    });
    EXPECT_TRUE(outcome.is(Errc::canceled));
  });
}

TEST_P(PostTest, a_stop_that_is_on_its_way_when_its_task_goes_with_its_loop_finds_nothing) {
  OtherLoop other(GetParam());
  const int rounds = scaled(200);
  for (int round = 0; round < rounds; ++round) {
    auto home = Loop::create(GetParam().options()).value();
    bool is_back = false;
    home->spawn([&]() -> Task<> {
      static_cast<void>(co_await switch_to(other.loop()));
      static_cast<void>(co_await switch_to(*home));
      is_back = true;
      auto slept = co_await shield(sleep(1h));
      EXPECT_TRUE(slept);
    });
    home->run_once();
    home->stop();
    while (!is_back) home->run_once();
  }
}

TEST_P(PostTest, a_stop_catches_a_task_that_goes_from_loop_to_loop) {
  const int rounds = scaled(100);
  for (int round = 0; round < rounds; ++round) {
    OtherLoop first(GetParam());
    OtherLoop second(GetParam());
    run([&]() -> Task<> {
      std::atomic<bool> goes{false};
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> {
          for (bool stops = false; !stops; stops = co_await stop_requested()) {
            static_cast<void>(co_await switch_to(first.loop()));
            static_cast<void>(co_await switch_to(second.loop()));
            goes = true;
          }
        });
        while (!goes) {
          auto slept = co_await sleep(0ns);
          EXPECT_TRUE(slept);
        }
        scope.stop();
      });
    });
  }
}

TEST_P(PostTest, a_loop_may_go_as_soon_as_it_has_heard_of_a_stop) {
  const int rounds = scaled(50);
  for (int round = 0; round < rounds; ++round) {
    auto loop = Loop::create(GetParam().options()).value();
    std::thread stopper([&loop = *loop] { loop.stop(); });
    while (!loop->stopping()) loop->run_once();
    loop.reset();
    stopper.join();
  }
}

// Something that posts when its frame goes: the loop still takes it. What that posts is refused.
class LastWill {
 public:
  LastWill(Loop& loop, std::vector<std::string>& story) : loop_(&loop), story_(&story) {}
  LastWill(LastWill&& other) noexcept
      : loop_(std::exchange(other.loop_, nullptr)), story_(other.story_) {}
  ~LastWill() {
    if (loop_ == nullptr) return;
    const bool taken = loop_->post([loop = loop_, story = story_] {
      const bool late = loop->post([story] { story->push_back("too late"); });
      story->push_back(late ? "ran, late one taken" : "ran, late one refused");
    });
    story_->push_back(taken ? "taken" : "refused");
  }

 private:
  Loop* loop_;
  std::vector<std::string>* story_;
};

TEST_P(PostTest, a_loop_that_ends_runs_what_was_posted_and_refuses_the_rest) {
  std::vector<std::string> story;
  loop().spawn(
      [](LastWill) -> Task<> {
        auto slept = co_await sleep(1h);
        EXPECT_TRUE(slept);
      },
      LastWill(loop(), story));
  turn();
  destroy_loop();
  EXPECT_EQ(story, (std::vector<std::string>{"taken", "ran, late one refused"}));
}

TEST_P(PostTest, what_was_posted_before_a_stop_runs_before_the_end) {
  int ran = 0;
  bool stop_was_seen = false;
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(loop().post([&ran] { ++ran; }));
  EXPECT_TRUE(spawn_on(loop(), [&]() -> Task<> {
    auto slept = co_await sleep(1h);
    stop_was_seen = slept.error().is(Errc::canceled);
  }));
  loop().stop();
  loop().run_until_stopped();
  EXPECT_EQ(ran, 5000);
  EXPECT_TRUE(stop_was_seen);
}

TEST_P(PostTest, what_was_posted_before_the_last_task_ended_runs_before_the_end) {
  bool ran = false;
  run([&]() -> Task<> {
    EXPECT_TRUE(loop().post([&ran] { ran = true; }));
    co_return;
  });
  EXPECT_TRUE(ran);
}

// Mail that is on its way again whenever it has run.
struct RunningLetter final : Mail {
  explicit RunningLetter(Loop& receiver) : loop(receiver) {}
  void run() noexcept override { refused = !loop.post(*this); }

  Loop& loop;
  bool refused = false;
};

TEST_P(PostTest, who_posts_all_the_time_does_not_keep_a_stopped_loop_from_ending) {
  RunningLetter letter(loop());
  EXPECT_TRUE(loop().post(letter));
  loop().stop();
  loop().run_until_stopped();
  EXPECT_FALSE(letter.refused);
  destroy_loop();
  EXPECT_TRUE(letter.refused);
}

TEST_P(PostTest, a_queue_of_which_the_kernel_keeps_nothing_has_no_descriptor_and_says_so) {
  const BackendKind kind = GetParam().kind;
  const bool keeps_nothing = kind == BackendKind::kPoll || kind == BackendKind::kSelect;
  EXPECT_EQ(loop().poll_fd() == -1, keeps_nothing);
}

}  // namespace
}  // namespace rondo
