// SPDX-License-Identifier: MIT
#include "rondo/base/result.h"

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace rondo {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error::from_errno(EINVAL);
  return number / 2;
}

TEST(Result, is_a_value_or_an_error) {
  auto good = half(8);
  ASSERT_TRUE(good);
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 4);
  EXPECT_EQ(good.value(), 4);
  EXPECT_FALSE(good.error());
  const auto bad = half(7);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), Error::from_errno(EINVAL));
}

TEST(Result, holds_what_can_only_be_moved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  Result<std::unique_ptr<int>> moved = std::move(result);
  std::unique_ptr<int> taken = *std::move(moved);
  EXPECT_EQ(*taken, 5);
  moved = Errc::closed;
  EXPECT_TRUE(moved.error().is(Errc::closed));
  moved = std::make_unique<int>(6);
  EXPECT_EQ(**moved, 6);
}

TEST(Result, destroys_its_value_once) {
  auto counted = std::make_shared<int>(1);
  {
    Result<std::shared_ptr<int>> first = counted;
    Result<std::shared_ptr<int>> second = first;
    EXPECT_EQ(counted.use_count(), 3);
    second = Errc::canceled;
    EXPECT_EQ(counted.use_count(), 2);
    Result<std::shared_ptr<int>> third = std::move(first);
    EXPECT_EQ(counted.use_count(), 2);
    auto& same = third;
    third = std::move(same);
    EXPECT_EQ(counted.use_count(), 2);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(Result, reaches_into_its_value) {
  Result<std::string> text = "rondo";
  EXPECT_EQ(text->size(), 5u);
  const auto& constant = text;
  EXPECT_EQ(*constant, "rondo");
  EXPECT_EQ(constant->size(), 5u);
}

// A Result converts to bool on request, but whether there is a value is not the value.
TEST(Result, of_bool_is_not_made_from_another_result) {
  static_assert(!std::convertible_to<Result<int>, Result<bool>>);
  static_assert(!std::convertible_to<Error, bool>);
  static_assert(std::convertible_to<bool, Result<bool>>);
  Result<bool> no = false;
  ASSERT_TRUE(no.ok());
  EXPECT_FALSE(*no);
  Result<bool> failed = Error::from_errno(EIO);
  EXPECT_FALSE(failed.ok());
}

TEST(Result, without_a_value_is_success_or_an_error) {
  Result<void> good;
  EXPECT_TRUE(good);
  good = Errc::timed_out;
  EXPECT_FALSE(good);
  EXPECT_TRUE(good.error().is(Errc::timed_out));
}

TEST(Transfer, tells_how_much_went_and_what_ended_it) {
  const Transfer partial{.bytes = 12, .failure = Errc::closed};
  EXPECT_FALSE(partial);
  EXPECT_EQ(partial.bytes, 12u);
  EXPECT_TRUE(partial.error().is(Errc::closed));
  EXPECT_TRUE((Transfer{.bytes = 3, .failure = {}}).ok());
}

TEST(ResultDeathTest, ends_the_process_when_a_value_is_read_that_is_not_there) {
  EXPECT_DEATH(
      {
        auto bad = half(7);
        static_cast<void>(*bad);
      },
      "read the value of a result that holds an error");
  EXPECT_DEATH(static_cast<void>(Result<int>(Error())), "an error of 0 is no error");
}

}  // namespace
}  // namespace rondo
