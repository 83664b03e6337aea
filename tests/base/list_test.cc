// SPDX-License-Identifier: MIT
#include "rondo/base/list.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

struct LeftTag;

struct Item : ListNode<>, ListNode<LeftTag> {
  explicit Item(int number_ = 0) : number(number_) {}

  int number;
};

using Items = List<Item>;

std::vector<int> numbers(Items& items) {
  std::vector<int> result;
  items.for_each([&](Item& item) { result.push_back(item.number); });
  return result;
}

using Numbers = std::vector<int>;

class ListTest : public testing::Test {
 protected:
  std::array<Item, 4> items_{Item(0), Item(1), Item(2), Item(3)};
  Items list_;
};

TEST_F(ListTest, is_first_in_first_out) {
  EXPECT_TRUE(list_.empty());
  EXPECT_EQ(list_.pop_front(), nullptr);
  for (Item& item : items_) list_.push_back(item);
  EXPECT_EQ(&list_.front(), &items_[0]);
  EXPECT_EQ(&list_.back(), &items_[3]);
  for (Item& item : items_) EXPECT_EQ(list_.pop_front(), &item);
  EXPECT_TRUE(list_.empty());
  EXPECT_FALSE(items_[0].ListNode<>::linked());
}

TEST_F(ListTest, push_front_goes_before_all_others) {
  for (Item& item : items_) list_.push_front(item);
  EXPECT_EQ(numbers(list_), (Numbers{3, 2, 1, 0}));
}

TEST_F(ListTest, a_node_leaves_without_knowing_its_list) {
  for (Item& item : items_) list_.push_back(item);
  items_[2].ListNode<>::unlink();
  items_[2].ListNode<>::unlink();
  items_[0].ListNode<>::unlink();
  EXPECT_EQ(numbers(list_), (Numbers{1, 3}));
  items_[3].ListNode<>::unlink();
  items_[1].ListNode<>::unlink();
  EXPECT_TRUE(list_.empty());
}

TEST_F(ListTest, take_moves_everything_to_the_end_in_order) {
  Items source;
  list_.take(source);
  EXPECT_TRUE(list_.empty());
  source.push_back(items_[2]);
  source.push_back(items_[3]);
  list_.push_back(items_[0]);
  list_.take(source);
  EXPECT_TRUE(source.empty());
  EXPECT_EQ(numbers(list_), (Numbers{0, 2, 3}));
  source.take(list_);
  source.push_back(items_[1]);
  EXPECT_EQ(numbers(source), (Numbers{0, 2, 3, 1}));
  EXPECT_TRUE(list_.empty());
}

TEST_F(ListTest, a_visitor_may_unlink_what_it_is_given) {
  for (Item& item : items_) list_.push_back(item);
  list_.for_each([](Item& item) {
    if (item.number % 2 == 0) item.ListNode<>::unlink();
  });
  EXPECT_EQ(numbers(list_), (Numbers{1, 3}));
}

TEST_F(ListTest, next_walks_to_the_end) {
  list_.push_back(items_[0]);
  list_.push_back(items_[1]);
  EXPECT_EQ(list_.next(items_[0]), &items_[1]);
  EXPECT_EQ(list_.next(items_[1]), nullptr);
}

TEST_F(ListTest, its_end_unlinks_every_node) {
  {
    Items shorter;
    for (Item& item : items_) shorter.push_back(item);
  }
  for (Item& item : items_) EXPECT_FALSE(item.ListNode<>::linked());
}

TEST_F(ListTest, tags_make_memberships_independent) {
  List<Item, LeftTag> left;
  list_.push_back(items_[0]);
  left.push_back(items_[0]);
  items_[0].ListNode<>::unlink();
  EXPECT_TRUE(list_.empty());
  EXPECT_EQ(left.pop_front(), &items_[0]);
}

}  // namespace
}  // namespace rondo
