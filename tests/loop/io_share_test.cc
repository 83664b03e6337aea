// SPDX-License-Identifier: MIT
// How a loop divides its time between I/O and what other threads post.
#include <string>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

// On a clock that only the work moves: shares are exact, however busy the machine is.
class IoShareTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void open_with(unsigned io_share) {
    LoopOptions options = GetParam().options();
    options.clock = &clock_;
    options.io_share = io_share;
    open(std::move(options));
  }
  void work(Duration& total, Duration time) {
    clock_.advance(time);
    total += time;
  }

  // Posts itself again each time until there has been enough.
  struct Again {
    IoShareTest& test;
    Duration each;
    void operator()() const {
      test.work(test.posts_, each);
      if (test.posts_ + test.io_ < 2s) {
        EXPECT_TRUE(test.loop().post(Again(*this)));
      } else {
        test.over_ = true;
      }
    }
  };

  // Two ends that never stop sending to each other.
  Task<> exchange(Duration each) {
    Loop& here = co_await this_loop();
    TcpListener listener = TcpListener::listen(here, loopback_port()).value();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint());
    auto stream = co_await listener.accept();
    while (!over_) {
      peer.send("x");
      auto chunk = co_await stream->receive();
      EXPECT_TRUE(chunk);
      work(io_, each);
    }
  }

  ManualClock clock_{TimePoint{} + 1h};
  Duration io_{0};
  Duration posts_{0};
  bool over_ = false;
};
RONDO_ON_MAIN_BACKENDS(IoShareTest);

TEST_P(IoShareTest, a_share_is_kept_within_ten_percent_when_both_have_more_than_enough) {
  for (unsigned io_share : {25u, 50u, 75u}) {
    for (Duration post : {Duration(20us), Duration(700us)}) {
      open_with(io_share);
      io_ = posts_ = Duration(0);
      over_ = false;
      for (int i = 0; i < 40; ++i) EXPECT_TRUE(loop().post(Again{*this, post}));
      run([&]() -> Task<> { co_await exchange(100us); });
      const double got =
          100.0 * static_cast<double>(io_.count()) / static_cast<double>((io_ + posts_).count());
      EXPECT_NEAR(got, io_share, 10) << "posts of " << post.count() << " ns";
      TearDown();
    }
  }
  open_with(50);
}

TEST_P(IoShareTest, posts_alone_have_all_the_time) {
  open_with(99);
  io_ = Duration(0);
  EXPECT_TRUE(loop().post(Again{*this, 100us}));
  turn_until([&] { return over_; });
  EXPECT_GE(posts_, 2s);
}

TEST_P(IoShareTest, io_alone_has_all_the_time_and_posts_come_in_order) {
  open_with(50);
  std::string order;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    for (char letter = 'a'; letter <= 'e'; ++letter) {
      EXPECT_TRUE(here.post([&order, letter] { order += letter; }));
    }
    for (int i = 0; i < 100; ++i) {
      work(io_, 1ms);
      co_await turns(1);
    }
  });
  EXPECT_EQ(order, "abcde");
}

TEST_P(IoShareTest, a_loop_that_ends_runs_what_was_posted) {
  open_with(99);
  int ran = 0;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(loop().post([&ran] { ++ran; }));
  destroy_loop();
  EXPECT_EQ(ran, 10);
}

}  // namespace
}  // namespace rondo
