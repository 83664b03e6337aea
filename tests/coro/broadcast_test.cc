// SPDX-License-Identifier: MIT
#include "rondo/coro/broadcast.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "support/test_runner.h"

namespace rondo {
namespace {

// It has no move of its own, so wherever it goes it is copied.
class Fragile {
 public:
  Fragile(int number, int& copies_left) : number_(number), copies_left_(&copies_left) {}
  Fragile(const Fragile& other) : number_(other.number_), copies_left_(other.copies_left_) {
    if ((*copies_left_)-- == 0) throw std::runtime_error("no more copies");
  }
  Fragile& operator=(const Fragile&) = default;

  int number() const { return number_; }

 private:
  int number_;
  int* copies_left_;
};

TEST(BroadcastTest, a_value_whose_copy_throws_is_not_taken) {
  int copies_left = 1000;
  Broadcast<Fragile> numbers(2, Drop::kOldest);
  Broadcast<Fragile>::Subscription view(numbers);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(numbers.publish(Fragile(i, copies_left)));
  TestRunner runner;
  const auto next = [&]() -> Task<int> {
    auto number = co_await view.next();
    co_return number->number();
  };
  copies_left = 0;
  EXPECT_THROW(runner.complete(next), std::runtime_error);
  EXPECT_EQ(view.missed(), 1u);
  copies_left = 1000;
  EXPECT_EQ(runner.complete(next), 1);
  EXPECT_EQ(view.missed(), 1u);
}

}  // namespace
}  // namespace rondo
