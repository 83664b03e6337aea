// SPDX-License-Identifier: MIT
// Event, semaphore and channel between loops on several threads: nothing is lost, nothing comes
// twice, whoever is stopped or destroyed meanwhile.
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/channel.h"
#include "rondo/coro/event.h"
#include "rondo/coro/select.h"
#include "rondo/coro/semaphore.h"
#include "rondo/loop/loop.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

// A loop on a thread of its own, where it is destroyed too.
class Worker {
 public:
  Worker() : loop_(Loop::create({.backend = BackendKind::kEpoll}).value()) {}
  ~Worker() {
    if (!may_go_) stop();
    thread_.join();
  }

  Loop& loop() { return *loop_; }
  void start() {
    thread_ = std::thread([this] {
      loop_->run_until_stopped();
      may_go_.wait(false);
      loop_.reset();
    });
  }
  void stop() {
    loop_->stop();
    may_go_ = true;  // not before: a stop needs the loop until it has returned
    may_go_.notify_one();
  }
  // Ends its turns after so many, and with them the loop and its tasks, wherever they are.
  void start_for(int turns) {
    may_go_ = true;
    thread_ = std::thread([this, turns] {
      for (int i = 0; i < turns; ++i) loop_->run_once({.events = 3});
      loop_.reset();
    });
  }

 private:
  std::unique_ptr<Loop> loop_;
  std::atomic<bool> may_go_{false};
  std::thread thread_;
};

struct Tally {
  std::atomic<int> sent{0};
  std::atomic<int> received{0};
  std::atomic<long> sum_sent{0};
  std::atomic<long> sum_received{0};
};

using Ints = SharedChannel<int>;

Task<> send_many(Ints& channel, Tally& tally, int count) {
  for (int i = 1; i <= count; ++i) {
    auto sent = co_await channel.send(i);
    if (!sent) co_return;
    ++tally.sent;
    tally.sum_sent += i;
  }
}

Task<> receive_all(Ints& channel, Tally& tally) {
  while (auto value = co_await channel.receive()) {
    ++tally.received;
    tally.sum_received += *value;
  }
}

void count_rest(Ints& channel, Tally& tally) {
  while (auto value = channel.try_receive()) {
    ++tally.received;
    tally.sum_received += *value;
  }
}

// Waits until it is down to zero.
void wait_for_zero(std::atomic<int>& left) {
  for (int seen = left; seen != 0; seen = left) left.wait(seen);
}
void count_down(std::atomic<int>& left) {
  --left;
  left.notify_all();
}

TEST(SharedPrimitivesTest, a_channel_hands_every_value_to_one_of_the_receivers_on_several_loops) {
  Watchdog watchdog;
  const int count = scaled(5000);
  Tally tally;
  Ints channel(8);
  std::atomic<int> senders{4};
  std::atomic<int> left{8};
  auto send = [&]() -> Task<> {
    co_await send_many(channel, tally, count);
    if (--senders == 0) channel.close();
    count_down(left);
  };
  auto receive = [&]() -> Task<> {
    co_await receive_all(channel, tally);
    count_down(left);
  };
  Worker workers[4];
  for (Worker& worker : workers) {
    worker.loop().spawn(send);
    worker.loop().spawn(receive);
    worker.start();
  }
  wait_for_zero(left);
  EXPECT_EQ(tally.sent, 4 * count);
  EXPECT_EQ(tally.received, 4 * count);
  EXPECT_EQ(tally.sum_sent, tally.sum_received);
}

TEST(SharedPrimitivesTest, stops_in_the_middle_of_it_lose_no_value) {
  Watchdog watchdog;
  for (int round = 0; round < scaled(200); ++round) {
    Tally tally;
    Ints channel(3);
    {
      Worker workers[3];
      for (Worker& worker : workers) {
        worker.loop().spawn(send_many, borrow(channel), borrow(tally), 1 << 20);
        worker.loop().spawn(receive_all, borrow(channel), borrow(tally));
        worker.start();
      }
      for (Worker& worker : workers) {
        while (tally.received < round) std::this_thread::yield();
        worker.stop();
      }
    }
    count_rest(channel, tally);
    EXPECT_EQ(tally.sent, tally.received);
    EXPECT_EQ(tally.sum_sent, tally.sum_received);
  }
}

TEST(SharedPrimitivesTest, loops_may_go_in_the_middle_of_it_and_no_value_is_lost) {
  Watchdog watchdog;
  for (int round = 0; round < scaled(200); ++round) {
    Tally tally;
    Ints channel(3);
    {
      Worker workers[3];
      for (int i = 0; i < 3; ++i) {
        Loop& loop = workers[i].loop();
        loop.spawn(send_many, borrow(channel), borrow(tally), 1000);
        loop.spawn(receive_all, borrow(channel), borrow(tally));
        workers[i].start_for(20 + 17 * i + round % 13);
      }
    }
    count_rest(channel, tally);
    // A sender may have gone after its value was taken and before it heard so.
    EXPECT_GE(tally.received, tally.sent);
    EXPECT_LE(tally.received, tally.sent + 3);
  }
}

TEST(SharedPrimitivesTest,
     what_a_select_on_one_loop_puts_back_after_a_close_is_received_on_another) {
  Watchdog watchdog;
  for (int round = 0; round < scaled(300); ++round) {
    Tally tally;
    Ints jobs(8);
    Ints quit(8);
    std::atomic<int> left{6};
    Worker workers[3];
    auto work = [&]() -> Task<> {
      for (;;) {
        auto got = co_await select(quit, jobs);
        if (!got || got->index() == 0) break;
        ++tally.received;
        tally.sum_received += std::get<1>(*got);
      }
      count_down(left);
    };
    auto receive = [&]() -> Task<> {
      co_await receive_all(jobs, tally);
      count_down(left);
    };
    auto send = [&]() -> Task<> {
      co_await send_many(jobs, tally, 8);
      for (int i = 0; i < 4; ++i) EXPECT_TRUE(quit.try_send(1));
      jobs.close();
      count_down(left);
    };
    for (int i = 0; i < 4; ++i) workers[0].loop().spawn(work);
    workers[1].loop().spawn(receive);
    workers[2].loop().spawn(send);
    for (Worker& worker : workers) worker.start();
    wait_for_zero(left);
    EXPECT_EQ(jobs.size(), 0u);
    EXPECT_EQ(tally.sum_sent, tally.sum_received);
  }
}

TEST(SharedPrimitivesTest, an_event_wakes_those_who_wait_on_other_loops) {
  Watchdog watchdog;
  for (int round = 0; round < scaled(100); ++round) {
    SharedEvent event;
    std::atomic<int> left{12};
    {
      Worker workers[3];
      auto wait = [&]() -> Task<> {
        auto set = co_await event.wait();
        EXPECT_TRUE(set);
        count_down(left);
      };
      for (Worker& worker : workers) {
        for (int i = 0; i < 4; ++i) worker.loop().spawn(wait);
        worker.start();
      }
      event.set();
      wait_for_zero(left);
    }
  }
}

TEST(SharedPrimitivesTest, a_semaphore_never_lets_in_more_than_it_has_permits) {
  Watchdog watchdog;
  SharedSemaphore semaphore(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> left{3 * 4};
  {
    Worker workers[3];
    auto work = [&]() -> Task<> {
      for (int i = 0; i < scaled(500); ++i) {
        auto permit = co_await semaphore.acquire();
        EXPECT_TRUE(permit);
        const int count = ++inside;
        int seen = most;
        while (count > seen && !most.compare_exchange_weak(seen, count)) {
        }
        co_await yield();
        --inside;
      }
      count_down(left);
    };
    for (Worker& worker : workers) {
      for (int i = 0; i < 4; ++i) worker.loop().spawn(work);
      worker.start();
    }
    wait_for_zero(left);
  }
  EXPECT_LE(most, 2);
  EXPECT_EQ(inside, 0);
  EXPECT_EQ(semaphore.available(), 2u);
}

TEST(SharedPrimitivesTest, permits_come_back_when_loops_go_or_are_stopped_in_the_middle) {
  Watchdog watchdog;
  for (int round = 0; round < scaled(200); ++round) {
    SharedSemaphore semaphore(2);
    {
      Worker workers[3];
      auto work = [](SharedSemaphore& permits) -> Task<> {
        for (;;) {
          auto permit = co_await permits.acquire(2);
          if (!permit) co_return;
          co_await yield();
        }
      };
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 2; ++j) workers[i].loop().spawn(work, borrow(semaphore));
        if (i == 0) {
          workers[i].start();
        } else {
          workers[i].start_for(10 + 7 * i + round % 11);
        }
      }
    }
    EXPECT_EQ(semaphore.available(), 2u);
  }
}

TEST(SharedPrimitivesTest, a_select_over_channels_from_other_loops_takes_each_value_once) {
  Watchdog watchdog;
  const int count = scaled(5000);
  Tally tally;
  Ints first(4);
  Ints second(4);
  auto send = [&](Ints& into) -> Task<> {
    co_await send_many(into, tally, count);
    into.close();
  };
  Worker sources[2];
  sources[0].loop().spawn(send, borrow(first));
  sources[1].loop().spawn(send, borrow(second));
  for (Worker& source : sources) source.start();
  auto here = Loop::create({.backend = BackendKind::kEpoll}).value();
  here->spawn([&]() -> Task<> {
    while (auto got = co_await select(first, second)) {
      ++tally.received;
      tally.sum_received += got->index() == 0 ? std::get<0>(*got) : std::get<1>(*got);
    }
  });
  here->run();
  EXPECT_EQ(tally.received, 2 * count);
  EXPECT_EQ(tally.sum_sent, tally.sum_received);
}

}  // namespace
}  // namespace rondo
