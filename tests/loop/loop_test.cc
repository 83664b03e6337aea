// SPDX-License-Identifier: MIT
#include "rondo/loop/loop.h"

#include <signal.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

using testing::ElementsAre;

class LoopTest : public BackendTest {};
RONDO_ON_EVERY_BACKEND(LoopTest);
class LoopOnClockTest : public ClockTest {};
RONDO_ON_EVERY_BACKEND(LoopOnClockTest);

TEST_P(LoopTest, an_explicit_backend_is_what_one_gets_and_is_told) {
  EXPECT_EQ(loop().backend_choice().kind, GetParam().kind);
  EXPECT_FALSE(loop().backend_choice().reason.empty());
}

TEST_P(LoopTest, run_returns_when_every_task_has_ended_and_may_be_called_again) {
  loop().run();
  int ended = 0;
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 10; ++i) {
      loop().spawn([&ended, i]() -> Task<> {
        co_await turns(i);
        ++ended;
      });
    }
    loop().run();
    EXPECT_EQ(ended, round * 10);
  }
}

TEST_P(LoopTest, tasks_begin_in_the_order_in_which_they_were_spawned) {
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    loop().spawn(
        [&order](int number) -> Task<> {
          order.push_back(number);
          co_return;
        },
        i);
  }
  EXPECT_TRUE(order.empty()) << "spawn runs nothing itself";
  loop().run();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST_P(LoopTest, a_spawned_task_keeps_its_callable_and_its_arguments) {
  std::string seen;
  {
    auto callable = [&seen, kept = std::make_unique<std::string>("captured")](
                        std::unique_ptr<std::string> argument) -> Task<> {
      co_await turns(3);
      seen = *kept + " " + *argument;
    };
    loop().spawn(std::move(callable), std::make_unique<std::string>("argument"));
  }
  loop().run();
  EXPECT_EQ(seen, "captured argument");
}

TEST_P(LoopTest, an_exception_that_leaves_a_task_is_reported_and_the_loop_goes_on) {
  bool others_went_on = false;
  loop().spawn([]() -> Task<> {
    co_await turns(1);
    throw std::runtime_error("out of the task");
  });
  loop().spawn([&]() -> Task<> {
    co_await turns(5);
    others_went_on = true;
  });
  loop().run();
  EXPECT_TRUE(others_went_on);
  EXPECT_THAT(escaped_, ElementsAre("out of the task"));
  escaped_.clear();
}

TEST_P(LoopTest, stop_before_run_lets_tasks_start_and_end_them) {
  Error outcome;
  loop().spawn([&]() -> Task<> {
    auto slept = co_await sleep(1h);
    outcome = slept.error();
  });
  loop().stop();
  loop().run_until_stopped();
  EXPECT_TRUE(outcome.is(Errc::canceled));
}

TEST_P(LoopTest, a_task_spawned_after_stop_starts_with_its_stop_requested) {
  bool asked = false;
  loop().spawn([&]() -> Task<> {
    auto slept = co_await sleep(1h);
    EXPECT_FALSE(slept);
    Loop& here = co_await this_loop();
    here.spawn([&]() -> Task<> { asked = co_await stop_requested(); });
  });
  turn();
  loop().stop();
  loop().run();
  EXPECT_TRUE(asked);
}

TEST_P(LoopTest, stop_from_another_thread_wakes_a_loop_that_sleeps) {
  std::thread other([&] { loop().stop(); });
  loop().run_until_stopped();
  other.join();
  EXPECT_TRUE(loop().stopping());
}

Loop* stopped_by_signal = nullptr;

TEST_P(LoopTest, stop_may_be_called_by_a_signal_handler) {
  stopped_by_signal = &loop();
  struct sigaction action {};
  action.sa_handler = [](int) { stopped_by_signal->stop(); };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  const pthread_t self = ::pthread_self();
  std::thread other([&] { ::pthread_kill(self, SIGUSR1); });
  loop().run_until_stopped();
  other.join();
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_P(LoopTest, run_once_runs_what_is_ready_and_does_not_wait) {
  bool began = false;
  loop().spawn([&]() -> Task<> {
    began = true;
    auto slept = co_await sleep(1h);
    EXPECT_TRUE(slept.error().is(Errc::canceled));
  });
  const RunOnce first = loop().run_once();
  EXPECT_TRUE(began);
  EXPECT_GE(first.resumed, 1u);
  EXPECT_FALSE(first.more);
  const RunOnce second = loop().run_once();
  EXPECT_EQ(second.resumed, 0u);
  EXPECT_FALSE(second.more);
  loop().stop();
  loop().run();
}

TEST_P(LoopTest, run_once_keeps_to_its_number_of_resumptions_and_says_what_is_left) {
  int ran = 0;
  for (int i = 0; i < 100; ++i) {
    loop().spawn([&]() -> Task<> {
      ++ran;
      auto slept = co_await sleep(1h);  // so that ending does not count
      EXPECT_FALSE(slept);
    });
  }
  for (int call = 1; call <= 10; ++call) {
    const RunOnce result = loop().run_once({.events = 10});
    EXPECT_EQ(result.resumed, 10u);
    EXPECT_EQ(ran, call * 10);
    EXPECT_EQ(result.more, call < 10);
  }
  loop().stop();
  loop().run();
}

TEST_P(LoopOnClockTest, run_once_begins_nothing_after_its_deadline) {
  int ran = 0;
  for (int i = 0; i < 10000; ++i) {
    loop().spawn([&]() -> Task<> {
      ++ran;
      clock_.advance(1us);
      co_return;
    });
  }
  const RunOnce result = loop().run_once({.events = 100000, .deadline = clock_.now() + 500us});
  EXPECT_TRUE(result.more);
  EXPECT_GE(ran, 500);
  EXPECT_LT(ran, 1500) << "one turn's worth more at most";
  loop().run();
  EXPECT_EQ(ran, 10000);
}

TEST_P(LoopOnClockTest, next_deadline_says_when_to_call_again) {
  EXPECT_EQ(loop().next_deadline(), kNever);
  loop().spawn([&]() -> Task<> {
    auto slept = co_await sleep(1ms);
    EXPECT_TRUE(slept);
  });
  EXPECT_EQ(loop().next_deadline(), TimePoint::min()) << "something is ready";
  loop().run_once();
  EXPECT_EQ(loop().next_deadline(), clock_.now() + 1ms);
  clock_.advance(1ms);
  EXPECT_LE(loop().next_deadline(), clock_.now());
  loop().run_once();
  EXPECT_EQ(loop().next_deadline(), kNever);
}

TEST_P(LoopTest, a_loop_with_nothing_to_do_sleeps) {
  loop().spawn([&]() -> Task<> {
    Loop& here = co_await this_loop();
    co_await turns(3);
    const std::uint64_t before = here.counters().turns;
    auto slept = co_await sleep(50ms);
    EXPECT_TRUE(slept);
    EXPECT_LE(here.counters().turns - before, kTurnsOfASleeper);
  });
  loop().run();
}

TEST_P(LoopTest, yield_lets_everything_else_that_is_ready_run_first) {
  std::vector<int> order;
  for (int number : {1, 2}) {
    loop().spawn(
        [&order](int who) -> Task<> {
          for (int i = 0; i < 3; ++i) {
            order.push_back(who);
            co_await yield();
          }
        },
        number);
  }
  loop().run();
  EXPECT_THAT(order, ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST_P(LoopTest, a_deep_chain_of_awaits_does_not_grow_the_stack) {
  struct Chain {
    static Task<int> deep(int depth) {
      if (depth == 0) co_return 0;
      const int below = co_await deep(depth - 1);
      co_return below + 1;
    }
  };
  run([&]() -> Task<> {
    const int depth = scaled(200000);
    const int reached = co_await Chain::deep(depth);
    EXPECT_EQ(reached, depth);
  });
}

class LoopDeathTest : public LoopTest {};
RONDO_ON_EVERY_BACKEND(LoopDeathTest);

TEST_P(LoopDeathTest, another_thread_must_not_use_a_loop_that_runs) {
  EXPECT_DEATH(
      {
        auto mine = Loop::create(GetParam().options()).value();
        mine->run_once();
        std::thread([&] { mine->spawn([]() -> Task<> { co_return; }); }).join();
      },
      "a loop was used from another thread");
}

TEST_P(LoopDeathTest, an_exception_that_nobody_asked_for_ends_the_process) {
  EXPECT_DEATH(
      {
        auto mine = Loop::create(GetParam().options()).value();
        mine->spawn([]() -> Task<> {
          throw std::runtime_error("lost");
          co_return;
        });
        mine->run();
      },
      "on_exception is not set");
}

TEST_P(LoopDeathTest, a_listener_that_outlives_its_loop_is_named) {
  EXPECT_DEATH(
      {
        auto mine = Loop::create(GetParam().options()).value();
        auto listener = TcpListener::listen(*mine, loopback_port()).value();
        mine.reset();
      },
      "a loop was destroyed while a stream, listener or wait of it lives on");
}

}  // namespace
}  // namespace rondo
