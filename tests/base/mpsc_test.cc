// SPDX-License-Identifier: MIT
#include "rondo/base/mpsc.h"

#include <array>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

struct Node {
  Node* next_mail = nullptr;
  int producer = 0;
  int number = 0;
};

using Stack = MpscStack<Node>;
using Consumer = Stack::Consumer;

std::vector<int> numbers(Node* node) {
  std::vector<int> result;
  for (; node != nullptr; node = node->next_mail) result.push_back(node->number);
  return result;
}

class MpscStackTest : public testing::Test {
 protected:
  MpscStackTest() {
    for (int i = 0; i < 4; ++i) nodes_[static_cast<std::size_t>(i)].number = i;
  }

  std::array<Node, 4> nodes_;
  Stack stack_;
};

using Numbers = std::vector<int>;

TEST_F(MpscStackTest, gives_back_oldest_first) {
  EXPECT_TRUE(stack_.empty());
  EXPECT_EQ(stack_.take_all(), nullptr);
  for (Node& node : nodes_) EXPECT_EQ(stack_.push(node), Consumer::kAwake);
  EXPECT_FALSE(stack_.empty());
  EXPECT_EQ(numbers(stack_.take_all()), (Numbers{0, 1, 2, 3}));
  EXPECT_TRUE(stack_.empty());
}

TEST_F(MpscStackTest, exactly_the_first_push_finds_the_consumer_asleep) {
  EXPECT_TRUE(stack_.try_sleep());
  EXPECT_TRUE(stack_.empty());
  EXPECT_EQ(stack_.take_all(), nullptr);
  EXPECT_EQ(stack_.push(nodes_[0]), Consumer::kAsleep);
  EXPECT_EQ(stack_.push(nodes_[1]), Consumer::kAwake);
  EXPECT_FALSE(stack_.awake());
  EXPECT_EQ(numbers(stack_.take_all()), (Numbers{0, 1}));
}

TEST_F(MpscStackTest, does_not_sleep_on_what_it_holds) {
  stack_.push(nodes_[0]);
  EXPECT_FALSE(stack_.try_sleep());
  EXPECT_EQ(stack_.push(nodes_[1]), Consumer::kAwake);
}

TEST_F(MpscStackTest, awake_ends_a_sleep_that_nobody_ended) {
  EXPECT_TRUE(stack_.try_sleep());
  EXPECT_TRUE(stack_.awake());
  EXPECT_EQ(stack_.push(nodes_[0]), Consumer::kAwake);
}

TEST_F(MpscStackTest, close_takes_what_is_there_and_refuses_the_rest) {
  stack_.push(nodes_[0]);
  stack_.push(nodes_[1]);
  EXPECT_EQ(numbers(stack_.close()), (Numbers{0, 1}));
  EXPECT_EQ(stack_.push(nodes_[2]), Consumer::kClosed);
  EXPECT_EQ(stack_.take_all(), nullptr);
  EXPECT_EQ(stack_.close(), nullptr);
  EXPECT_FALSE(stack_.try_sleep());
  EXPECT_EQ(stack_.push(nodes_[3]), Consumer::kClosed);
}

TEST(MpscStack, keeps_the_order_of_each_producer) {
  constexpr int kProducers = 3;
  constexpr int kEach = 20'000;
  std::vector<std::vector<Node>> nodes(kProducers, std::vector<Node>(kEach));
  Stack stack;
  std::vector<std::thread> threads;
  for (int producer = 0; producer < kProducers; ++producer) {
    threads.emplace_back([&mine = nodes[static_cast<std::size_t>(producer)], &stack, producer] {
      for (int i = 0; i < kEach; ++i) {
        Node& node = mine[static_cast<std::size_t>(i)];
        node.producer = producer;
        node.number = i;
        stack.push(node);
      }
    });
  }
  std::array<int, kProducers> next{};
  int out_of_order = 0;
  for (int taken = 0; taken < kProducers * kEach;) {
    for (Node* node = stack.take_all(); node != nullptr; node = node->next_mail) {
      if (node->number != next[static_cast<std::size_t>(node->producer)]++) ++out_of_order;
      ++taken;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(out_of_order, 0);
}

}  // namespace
}  // namespace rondo
