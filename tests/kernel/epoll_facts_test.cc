// SPDX-License-Identifier: MIT
// What the kernel itself does, where the literature says otherwise: the backends build on this.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include <gtest/gtest.h>

#include "rondo/base/fd.h"

namespace rondo {
namespace {

// A pair of connected sockets, one end of which is watched by an epoll set.
class EpollFacts : public testing::Test {
 protected:
  void watch(std::uint32_t events) {
    epoll_event event = {.events = events, .data = {}};
    ASSERT_EQ(::epoll_ctl(poller_.number(), EPOLL_CTL_ADD, here_.number(), &event), 0);
  }
  // Whether a wait that does not block reports the watched end.
  bool reported() {
    epoll_event event;
    return ::epoll_wait(poller_.number(), &event, 1, 0) == 1;
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(::write(there_.number(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void read(std::size_t size) {
    std::array<char, 64> bytes;
    ASSERT_EQ(::read(here_.number(), bytes.data(), size), static_cast<ssize_t>(size));
  }

 private:
  void SetUp() override {
    std::array<int, 2> ends;
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    here_ = Fd(ends[0]);
    there_ = Fd(ends[1]);
    poller_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  }

  Fd here_;
  Fd there_;
  Fd poller_;
};

TEST_F(EpollFacts, level_reports_until_all_is_read) {
  watch(EPOLLIN);
  send("four");
  EXPECT_TRUE(reported());
  read(1);
  EXPECT_TRUE(reported());
  read(3);
  EXPECT_FALSE(reported());
}

TEST_F(EpollFacts, edge_does_not_report_again_what_was_left_unread) {
  watch(EPOLLIN | EPOLLET);
  send("four");
  EXPECT_TRUE(reported());
  EXPECT_FALSE(reported());
  read(1);
  EXPECT_FALSE(reported());
}

TEST_F(EpollFacts, edge_reports_again_when_more_comes_after_a_partial_read) {
  watch(EPOLLIN | EPOLLET);
  send("four");
  EXPECT_TRUE(reported());
  read(1);
  send("more");
  EXPECT_TRUE(reported());
  read(7);
}

TEST_F(EpollFacts, one_shot_is_silent_until_it_is_armed_again) {
  watch(EPOLLIN | EPOLLONESHOT);
  send("four");
  EXPECT_TRUE(reported());
  send("more");
  EXPECT_FALSE(reported());
}

}  // namespace
}  // namespace rondo
