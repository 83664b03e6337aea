// SPDX-License-Identifier: MIT
#include "rondo/base/fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include <gtest/gtest.h>

namespace rondo {
namespace {

int open_one() { return ::eventfd(0, EFD_CLOEXEC); }
bool is_open(int number) { return ::fcntl(number, F_GETFD) != -1; }

TEST(Fd, closes_what_it_owns) {
  const int number = open_one();
  {
    const Fd fd(number);
    EXPECT_TRUE(fd.valid());
    EXPECT_EQ(fd.number(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
  EXPECT_FALSE(Fd().valid());
}

TEST(Fd, moves_its_ownership) {
  Fd first(open_one());
  const int number = first.number();
  Fd second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT: what a move leaves behind is promised
  EXPECT_EQ(second.number(), number);

  Fd third(open_one());
  const int replaced = third.number();
  third = std::move(second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(number));
  EXPECT_EQ(third.number(), number);

  Fd& same = third;
  third = std::move(same);
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, release_gives_up_without_closing) {
  int number = -1;
  {
    Fd fd(open_one());
    number = fd.release();
    EXPECT_FALSE(fd.valid());
  }
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

}  // namespace
}  // namespace rondo
