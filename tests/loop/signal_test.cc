// SPDX-License-Identifier: MIT
// Signals that interrupt system calls.
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

std::atomic<int> alarms{0};

// SIGALRM every millisecond, with a handler that lets no call be restarted.
class AlarmStorm {
 public:
  AlarmStorm() {
    alarms = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++alarms; };
    EXPECT_EQ(::sigaction(SIGALRM, &action, &before_), 0);
    set(1000);
  }
  AlarmStorm(const AlarmStorm&) = delete;
  AlarmStorm& operator=(const AlarmStorm&) = delete;
  ~AlarmStorm() {
    set(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  static void set(suseconds_t period) {
    itimerval timer{};
    timer.it_interval.tv_usec = period;
    timer.it_value.tv_usec = period;
    EXPECT_EQ(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
  }

  struct sigaction before_ {};
};

class SignalTest : public TransportTest {};
RONDO_ON_EVERY_CELL(SignalTest);

TEST_P(SignalTest, a_storm_of_signals_makes_no_operation_fail) {
  const std::string large = pattern(300000);
  AlarmStorm storm;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    for (int round = 0; round < 10 || alarms < 100; ++round) {
      Ends ends = co_await connected();
      here.spawn(echo, std::move(ends.server));
      for (int i = 0; i < 20; ++i) {
        auto sent = co_await ends.client.send_all("ping");
        EXPECT_TRUE(sent) << sent.error().message();
        const std::string answer = co_await receive_exactly(ends.client, 4);
        EXPECT_EQ(answer, "ping");
      }
      auto both = co_await when_all(ends.client.send_all(large),
                                    receive_exactly(ends.client, large.size()));
      EXPECT_TRUE(std::get<0>(both)) << std::get<0>(both).error().message();
      EXPECT_TRUE(std::get<1>(both) == large);
      const TimePoint begin = here.now();
      auto slept = co_await sleep(3ms);
      EXPECT_TRUE(slept);
      EXPECT_GE(here.now() - begin, 3ms);
    }
  });
  EXPECT_GE(alarms, 100);
}

}  // namespace
}  // namespace rondo
