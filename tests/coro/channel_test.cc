// SPDX-License-Identifier: MIT
#include "rondo/coro/channel.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/select.h"
#include "rondo/coro/stream.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

using Log = std::vector<std::string>;

template <class C>
Task<> send_all(C& channel, int first, int count, Log& log) {
  for (int i = first; i < first + count; ++i) {
    auto sent = co_await channel.send(i);
    if (!sent) {
      log.push_back("not sent " + std::to_string(i));
      co_return;
    }
  }
}

template <class C>
Task<> receive_all(C& channel, std::string name, Log& log) {
  auto got = co_await channel.receive();
  while (got) {
    log.push_back(name + std::to_string(*got));
    got = co_await channel.receive();
  }
  log.push_back(name + (got.error().is(Errc::end_of_stream) ? "end" : "stopped"));
}

template <class C>
class ChannelTest : public testing::Test {
 protected:
  TestRunner runner_;
  C channel_{2};
  Log log_;
  Scope scope_{runner_};
};
using Channels = testing::Types<Channel<int>, SharedChannel<int>>;
struct Names {
  template <class C>
  static std::string GetName(int index) {
    return index == 0 ? "one_loop" : "shared";
  }
};
TYPED_TEST_SUITE(ChannelTest, Channels, Names);

TYPED_TEST(ChannelTest, values_come_in_the_order_in_which_they_were_sent_and_then_the_end) {
  this->scope_.spawn(send_all<TypeParam>, std::ref(this->channel_), 0, 5, std::ref(this->log_));
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "", std::ref(this->log_));
  this->runner_.run_ready();
  this->channel_.close();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"0", "1", "2", "3", "4", "end"}));
}

TYPED_TEST(ChannelTest, a_full_channel_makes_senders_wait_and_serves_them_in_order) {
  for (int i = 0; i < 4; ++i) {
    this->scope_.spawn(send_all<TypeParam>, std::ref(this->channel_), i, 1, std::ref(this->log_));
  }
  this->runner_.run_ready();
  EXPECT_EQ(this->scope_.running(), 2u);
  EXPECT_EQ(this->channel_.size(), 2u);
  int refused = 9;
  EXPECT_FALSE(this->channel_.try_send(std::move(refused)));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(this->channel_.try_receive(), i);
  EXPECT_FALSE(this->channel_.try_receive());
  this->runner_.run_ready();
  EXPECT_EQ(this->scope_.running(), 0u);
}

TYPED_TEST(ChannelTest, close_refuses_senders_that_wait_and_delivers_what_is_left) {
  this->scope_.spawn(send_all<TypeParam>, std::ref(this->channel_), 0, 3, std::ref(this->log_));
  this->runner_.run_ready();
  this->channel_.close();
  this->channel_.close();
  this->runner_.run_ready();
  this->scope_.spawn(send_all<TypeParam>, std::ref(this->channel_), 7, 1, std::ref(this->log_));
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "", std::ref(this->log_));
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"not sent 2", "not sent 7", "0", "1", "end"}));
}

TYPED_TEST(ChannelTest, close_ends_all_receivers) {
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "a", std::ref(this->log_));
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "b", std::ref(this->log_));
  this->runner_.run_ready();
  this->channel_.close();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"aend", "bend"}));
}

TYPED_TEST(ChannelTest, a_value_set_aside_for_a_frame_that_goes_is_received_by_the_next_who_asks) {
  auto first = std::make_unique<Scope>(this->runner_);
  first->spawn(receive_all<TypeParam>, std::ref(this->channel_), "a", std::ref(this->log_));
  this->runner_.run_ready();
  EXPECT_TRUE(this->channel_.try_send(4));
  EXPECT_FALSE(this->channel_.try_receive()) << "it is set aside";
  first.reset();
  EXPECT_EQ(this->channel_.try_receive(), 4);
  this->runner_.run_ready();  // mail that was on its way frees itself when it arrives
}

TYPED_TEST(ChannelTest,
           a_value_that_select_puts_back_after_the_close_is_received_and_then_the_end) {
  TypeParam quit(1);
  this->scope_.spawn([&]() -> Task<> {
    auto got = co_await select(quit, this->channel_);
    EXPECT_EQ(got->index(), 0u);
  });
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "", std::ref(this->log_));
  this->runner_.run_ready();
  EXPECT_TRUE(this->channel_.try_send(42));
  EXPECT_TRUE(quit.try_send(1));
  this->channel_.close();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"42", "end"}));
}

TYPED_TEST(ChannelTest, after_the_close_one_who_asks_waits_while_a_value_may_come_back) {
  auto first = std::make_unique<Scope>(this->runner_);
  first->spawn(receive_all<TypeParam>, std::ref(this->channel_), "a", std::ref(this->log_));
  this->runner_.run_ready();
  auto second = std::make_unique<Scope>(this->runner_);
  for (Scope* scope : {second.get(), &this->scope_}) {
    scope->spawn(receive_all<TypeParam>, std::ref(this->channel_), "b", std::ref(this->log_));
  }
  EXPECT_TRUE(this->channel_.try_send(4));
  this->channel_.close();
  this->runner_.run_ready(2);  // the two that were spawned; what is set aside is for the first
  second->stop();
  first.reset();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"bstopped", "b4", "bend"}));
}

TYPED_TEST(ChannelTest, those_who_wait_hear_the_end_when_the_last_value_is_taken) {
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "a", std::ref(this->log_));
  this->scope_.spawn(receive_all<TypeParam>, std::ref(this->channel_), "b", std::ref(this->log_));
  TypeParam other(1);
  this->scope_.spawn([&]() -> Task<> {
    auto got = co_await select(this->channel_, other);
    this->log_.push_back(std::to_string(got->index()));
  });
  this->runner_.run_ready();
  EXPECT_TRUE(this->channel_.try_send(4));
  this->channel_.close();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"a4", "aend", "bend"}));
  EXPECT_TRUE(other.try_send(1));
  this->runner_.run_ready();
  EXPECT_EQ(this->log_.back(), "1") << "select goes on with the channel that has not ended";
}

TYPED_TEST(ChannelTest, a_sender_that_was_stopped_can_have_its_value_back) {
  while (this->channel_.try_send(1)) {
  }
  this->scope_.spawn([this]() -> Task<> {
    auto sending = this->channel_.send(42);
    auto sent = co_await sending;
    EXPECT_TRUE(sent.error().is(Errc::canceled));
    EXPECT_EQ(sending.take_back(), 42);
    this->log_.push_back("back");
  });
  this->runner_.run_ready();
  this->scope_.stop();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"back"}));
}

TYPED_TEST(ChannelTest, one_who_never_has_to_wait_lets_others_run) {
  bool ran = false;
  this->scope_.spawn([this, &ran]() -> Task<> {
    for (int i = 0; i < 1000 && !ran; ++i) {
      auto sent = co_await this->channel_.send(i);
      EXPECT_TRUE(sent);
      EXPECT_TRUE(this->channel_.try_receive());
    }
    EXPECT_TRUE(ran);
  });
  this->scope_.spawn([&ran]() -> Task<> {
    ran = true;
    co_return;
  });
  this->runner_.run_ready();
}

TEST(ChannelValueTest, values_that_nobody_receives_go_with_the_channel) {
  auto value = std::make_shared<int>(1);
  {
    Channel<std::shared_ptr<int>> channel(3);
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(channel.try_send(std::shared_ptr<int>(value)));
      if (i < 3) {
        EXPECT_TRUE(channel.try_receive());
      }
    }
    EXPECT_EQ(value.use_count(), 3);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(ChannelValueTest, one_without_room_is_misuse) {
  EXPECT_DEATH(Channel<int>(0), "room for one value");
}

template <class Queue>
class SelectTest : public testing::Test {
 protected:
  using Ints = BasicChannel<int, Queue>;
  using Texts = BasicChannel<std::string, Queue>;

  Task<> receive_all() {
    auto got = co_await select(ints_, texts_);
    while (got) {
      log_.push_back(got->index() == 0 ? std::to_string(std::get<0>(*got)) : std::get<1>(*got));
      got = co_await select(ints_, texts_);
    }
    log_.push_back(got.error().message());
  }

  TestRunner runner_;
  Ints ints_{4};
  Texts texts_{4};
  Log log_;
  Scope scope_{runner_};
};
using Queues = testing::Types<WaitQueue, SharedWaitQueue>;
TYPED_TEST_SUITE(SelectTest, Queues, Names);

TYPED_TEST(SelectTest, takes_from_each_in_turns_what_is_there) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(this->ints_.try_send(int{i}));
    EXPECT_TRUE(this->texts_.try_send(std::string(1, static_cast<char>('a' + i))));
  }
  this->scope_.spawn([this] { return this->receive_all(); });
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"0", "a", "1", "b", "2", "c"}));
}

TYPED_TEST(SelectTest, waits_for_whichever_comes_and_ends_when_all_have_ended) {
  this->scope_.spawn([this] { return this->receive_all(); });
  this->runner_.run_ready();
  EXPECT_TRUE(this->texts_.try_send("x"));
  this->runner_.run_ready();
  this->texts_.close();
  this->runner_.run_ready();
  EXPECT_TRUE(this->ints_.try_send(1));
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"x", "1"}));
  this->ints_.close();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_.back(), Error(Errc::end_of_stream).message());
}

TYPED_TEST(SelectTest, what_it_does_not_take_is_there_for_others) {
  this->scope_.spawn([this]() -> Task<> {
    auto got = co_await select(this->ints_, this->texts_);
    this->log_.push_back(got ? "got " + std::to_string(got->index()) : "none");
  });
  this->runner_.run_ready();
  EXPECT_TRUE(this->texts_.try_send("x"));
  EXPECT_TRUE(this->ints_.try_send(5));
  this->runner_.run_ready();
  EXPECT_EQ(this->log_.size(), 1u);
  EXPECT_EQ(this->ints_.try_receive().has_value() + this->texts_.try_receive().has_value(), 1);
}

TYPED_TEST(SelectTest, a_stop_between_the_grant_and_the_resumption_delivers) {
  this->scope_.spawn([this] { return this->receive_all(); });
  this->runner_.run_ready();
  EXPECT_TRUE(this->ints_.try_send(8));
  this->scope_.stop();
  this->runner_.run_ready();
  EXPECT_EQ(this->log_, (Log{"8", Error(Errc::canceled).message()}));
}

TYPED_TEST(SelectTest, a_task_that_selects_now_here_and_now_there_starves_no_channel) {
  using Numbers = BasicChannel<int, TypeParam>;
  Numbers channels[] = {Numbers(1), Numbers(1), Numbers(1)};
  int taken[3] = {};
  const auto take = [&](std::size_t other) -> Task<> {
    for (auto& channel : channels) static_cast<void>(channel.try_send(1));
    auto got = co_await select(channels[0], channels[other]);
    ++taken[got->index() == 0 ? 0 : other];
  };
  this->runner_.complete([&]() -> Task<> {
    for (int i = 0; i < 60; ++i) co_await take(1 + i % 2);
  });
  for (int count : taken) EXPECT_GE(count, 10);
}

TYPED_TEST(SelectTest, everyone_who_selects_between_common_jobs_and_a_channel_of_its_own_hears_it) {
  using Numbers = BasicChannel<int, TypeParam>;
  Numbers controls[] = {Numbers(1), Numbers(1)};
  bool heard[2] = {};
  const auto work = [&](std::size_t number) -> Task<> {
    for (int i = 0; i < 10; ++i) {
      static_cast<void>(this->texts_.try_send("job"));
      auto got = co_await select(this->texts_, controls[number]);
      heard[number] = heard[number] || got->index() == 1;
      co_await yield();
    }
  };
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(controls[i].try_send(1));
    this->scope_.spawn(std::ref(work), i);
  }
  this->runner_.run_ready();
  EXPECT_TRUE(heard[0] && heard[1]);
}

TYPED_TEST(SelectTest, a_value_that_goes_from_one_who_waits_to_another_is_taken_in_the_end) {
  for (int i = 0; i < 2; ++i) this->scope_.spawn([this] { return this->receive_all(); });
  this->runner_.run_ready();
  this->scope_.spawn([this]() -> Task<> {
    EXPECT_TRUE(this->texts_.try_send("x"));
    for (int i = 0; i < 20; ++i) {  // each comes when the text has gone on to the next
      static_cast<void>(this->ints_.try_send(int{i}));
      co_await yield();
    }
  });
  this->runner_.run_ready();
  EXPECT_LT(std::find(this->log_.begin(), this->log_.end(), "x") - this->log_.begin(), 5);
}

TEST(PumpTest, hands_on_until_the_source_ends_and_closes_its_target) {
  TestRunner runner;
  Channel<int> source(1);
  Channel<int> target(1);
  Log log;
  Scope scope(runner);
  scope.spawn(send_all<Channel<int>>, std::ref(source), 0, 4, std::ref(log));
  scope.spawn([&]() -> Task<> {
    const Error ended = co_await pump(source, target);
    EXPECT_TRUE(ended.is(Errc::end_of_stream));
  });
  runner.run_ready();
  EXPECT_EQ(scope.running(), 2u) << "nobody takes anything, so both wait";
  scope.spawn(receive_all<Channel<int>>, std::ref(target), "", std::ref(log));
  runner.run_ready();
  source.close();
  runner.run_ready();
  EXPECT_EQ(log, (Log{"0", "1", "2", "3", "end"}));
  EXPECT_EQ(scope.running(), 0u);
}

TEST(PumpTest, a_stop_closes_the_target_and_loses_nothing_of_the_source) {
  TestRunner runner;
  Channel<int> source(4);
  Channel<int> target(1);
  EXPECT_TRUE(source.try_send(1));
  Scope scope(runner);
  scope.spawn([&]() -> Task<> {
    const Error ended = co_await pump(source, target);
    EXPECT_TRUE(ended.is(Errc::canceled));
  });
  runner.run_ready();
  EXPECT_EQ(target.try_receive(), 1);
  scope.stop();
  EXPECT_TRUE(source.try_send(2));
  runner.run_ready();
  EXPECT_TRUE(target.is_closed());
  EXPECT_EQ(source.try_receive(), 2);
}

}  // namespace
}  // namespace rondo
