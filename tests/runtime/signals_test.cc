// SPDX-License-Identifier: MIT
#include "rondo/runtime/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class SignalsTest : public BackendTest {};
RONDO_ON_MAIN_BACKENDS(SignalsTest);

std::atomic<int> handled{0};

TEST_P(SignalsTest, come_out_in_order_whether_somebody_waits_or_not) {
  auto signals = Signals::open({SIGUSR1, SIGUSR2});
  ASSERT_TRUE(signals.ok()) << signals.status().message();
  ::raise(SIGUSR2);
  run([&]() -> Task<> {
    auto kept = co_await (*signals)->next();
    EXPECT_EQ(*kept, SIGUSR2);
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto first = co_await (*signals)->next();
        EXPECT_EQ(*first, SIGUSR1);
        auto second = co_await (*signals)->next();
        EXPECT_EQ(*second, SIGUSR2);
      });
      co_await turns(2);
      ::raise(SIGUSR1);
      ::raise(SIGUSR2);
    });
  });
}

TEST_P(SignalsTest, wake_a_loop_that_waits_whichever_thread_they_meet) {
  auto signals = Signals::open({SIGUSR1}).value();
  std::thread([&] {
    // A thread that was there before, with its own mask, and busy elsewhere.
    std::thread sender([] { ::kill(::getpid(), SIGUSR1); });
    sender.join();
  }).join();
  run([&]() -> Task<> {
    auto number = co_await signals->next();
    EXPECT_EQ(*number, SIGUSR1);
  });
}

TEST_P(SignalsTest, a_stop_ends_the_wait_and_loses_no_signal) {
  auto signals = Signals::open({SIGUSR1}).value();
  run([&]() -> Task<> {
    auto none = co_await with_timeout(0ns, signals->next());
    EXPECT_TRUE(none.error().is(Errc::timed_out)) << none.error().message();
    ::raise(SIGUSR1);
    auto number = co_await signals->next();
    EXPECT_EQ(*number, SIGUSR1);
  });
}

TEST_P(SignalsTest, what_they_did_before_they_do_again_afterwards) {
  struct sigaction before {};
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++handled; };
  ASSERT_EQ(::sigaction(SIGUSR1, &counting, &before), 0);
  handled = 0;
  {
    auto signals = Signals::open({SIGUSR1}).value();
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 0);
  }
  ::raise(SIGUSR1);
  EXPECT_EQ(handled, 1);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_P(SignalsTest, one_object_at_a_time_has_a_signal_and_some_cannot_be_had) {
  auto first = Signals::open({SIGUSR1});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Signals::open({SIGUSR2, SIGUSR1}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Signals::open({SIGUSR2, SIGUSR2}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Signals::open({SIGKILL}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Signals::open({0}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Signals::open({-3}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Signals::open({1000}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Signals::open({SIGUSR2}).ok()) << "who failed has given everything back";
  first->reset();
  EXPECT_TRUE(Signals::open({SIGUSR1}).ok());
}

TEST_P(SignalsTest, an_object_that_goes_while_signals_rain_leaves_no_write_behind) {
  struct sigaction before {};
  struct sigaction ignoring {};
  ignoring.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &ignoring, &before), 0);
  std::atomic<bool> enough{false};
  std::thread rain([&] {
    while (!enough) ::kill(::getpid(), SIGUSR1);
  });
  for (int i = 0; i < scaled(300); ++i) {
    auto signals = Signals::open({SIGUSR1});
    ASSERT_TRUE(signals.ok());
    signals->reset();
    // Its numbers are free now: what is opened next must not be written to.
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), -1);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  enough = true;
  rain.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace rondo
