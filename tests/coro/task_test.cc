// SPDX-License-Identifier: MIT
#include "rondo/coro/task.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/this_task.h"
#include "support/test_runner.h"

namespace rondo {
namespace {

Task<int> answer() { co_return 42; }

TEST(Task, gives_its_value_to_who_awaits_it) {
  TestRunner runner;
  const int value = runner.complete([]() -> Task<int> {
    const int got = co_await answer();
    co_return got + 1;
  });
  EXPECT_EQ(value, 43);
}

TEST(Task, gives_what_can_only_be_moved) {
  TestRunner runner;
  auto value =
      runner.complete([]() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); });
  EXPECT_EQ(*value, 7);
}

TEST(Task, does_nothing_before_it_is_awaited) {
  TestRunner runner;
  bool ran = false;
  const auto set = [](bool& flag) -> Task<> {
    flag = true;
    co_return;
  };
  {
    auto never = set(ran);
    std::move(never).discard();
  }
  EXPECT_FALSE(ran);
  runner.complete([&]() -> Task<> {
    auto later = set(ran);
    EXPECT_FALSE(ran);
    co_await std::move(later);
    EXPECT_TRUE(ran);
  });
}

Task<int> fail(const char* why) {
  throw std::runtime_error(why);
  co_return 0;
}

Task<int> pass_on(const char* why, int& alive) {
  const Alive local(alive);
  const int value = co_await fail(why);
  co_return value;
}

TEST(Task, an_exception_is_rethrown_at_each_await) {
  TestRunner runner;
  int alive = 0;
  const std::string caught = runner.complete([&]() -> Task<std::string> {
    std::string message;
    try {
      co_await pass_on("lost the theme", alive);
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    EXPECT_EQ(alive, 0);
    co_return message;
  });
  EXPECT_EQ(caught, "lost the theme");
  EXPECT_THROW(runner.complete([&]() -> Task<int> { return pass_on("again", alive); }),
               std::runtime_error);
}

TEST(Task, its_frame_goes_when_the_await_expression_ends) {
  TestRunner runner;
  int alive = 0;
  const auto hold = [](Alive) -> Task<> { co_return; };
  runner.complete([&]() -> Task<> {
    Alive argument(alive);
    auto task = hold(argument);
    EXPECT_EQ(alive, 2);
    co_await std::move(task);
    EXPECT_EQ(alive, 1);
  });
  EXPECT_EQ(alive, 0);
}

TEST(Task, a_variable_can_hold_one_task_after_the_other) {
  TestRunner runner;
  const int sum = runner.complete([]() -> Task<int> {
    int total = 0;
    Task<int> next = answer();
    for (int i = 0; i < 3; ++i) {
      total += co_await std::move(next);
      next = answer();
    }
    std::move(next).discard();
    co_return total;
  });
  EXPECT_EQ(sum, 126);
}

TEST(Task, destroyed_before_its_start_it_destroys_its_arguments) {
  int alive = 0;
  const auto hold = [](Alive) -> Task<> { co_return; };
  {
    auto first = hold(Alive(alive));
    auto second = std::move(first);
    EXPECT_EQ(alive, 1);
    std::move(second).discard();
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(alive, 0);
}

// Writes its number down when it ends.
class Mark {
 public:
  Mark(std::vector<int>& log, int number) : log_(log), number_(number) {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() { log_.push_back(number_); }

 private:
  std::vector<int>& log_;
  int number_;
};

Task<> nest(Gate& gate, std::vector<int>& log, int depth) {
  const Mark mark(log, depth);
  if (depth == 0) {
    static_cast<void>(co_await gate.wait());
  } else {
    co_await nest(gate, log, depth - 1);
  }
}

TEST(Task, destroyed_while_suspended_it_unwinds_from_the_innermost) {
  TestRunner runner;
  Gate gate;
  std::vector<int> log;
  {
    Scope scope(runner);
    scope.spawn(nest, std::ref(gate), std::ref(log), 3);
    runner.run_ready();
    EXPECT_TRUE(gate.has_waiters());
    EXPECT_TRUE(log.empty());
  }
  EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_FALSE(gate.has_waiters());
}

// How much stack lies between the first and the furthest call.
class StackProbe {
 public:
  [[gnu::noinline]] void look() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    lowest_ = std::min(lowest_, here);
    highest_ = std::max(highest_, here);
  }
  std::uintptr_t grown() const { return highest_ - lowest_; }

 private:
  std::uintptr_t lowest_ = UINTPTR_MAX;
  std::uintptr_t highest_ = 0;
};

Task<int> one(StackProbe& probe) {
  probe.look();
  co_return 1;
}

TEST(Task, a_million_synchronous_awaits_do_not_grow_the_stack) {
  TestRunner runner;
  StackProbe probe;
  const int sum = runner.complete([&]() -> Task<int> {
    int total = 0;
    for (int i = 0; i < 1'000'000; ++i) total += co_await one(probe);
    co_return total;
  });
  EXPECT_EQ(sum, 1'000'000);
  EXPECT_LT(probe.grown(), 4096u);
}

Task<int> descend(StackProbe& probe, int depth) {
  probe.look();
  if (depth == 0) co_return 0;
  const int below = co_await descend(probe, depth - 1);
  probe.look();
  co_return below + 1;
}

TEST(Task, a_hundred_thousand_frames_deep_it_does_not_grow_the_stack) {
  TestRunner runner;
  StackProbe probe;
  EXPECT_EQ(runner.complete([&] { return descend(probe, 100'000); }), 100'000);
  EXPECT_LT(probe.grown(), 4096u);
}

Task<int> throw_at_the_bottom(int depth) {
  if (depth == 0) throw std::runtime_error("bottom");
  co_return co_await throw_at_the_bottom(depth - 1);
}

TEST(Task, an_exception_from_ten_thousand_frames_below_does_not_grow_the_stack) {
  TestRunner runner;
  EXPECT_THROW(runner.complete([] { return throw_at_the_bottom(10'000); }), std::runtime_error);
}

TEST(Task, yield_lets_everything_else_run_first) {
  TestRunner runner;
  std::vector<int> log;
  Scope scope(runner);
  const auto count = [&log](int number) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      log.push_back(number);
      co_await yield();
    }
  };
  scope.spawn(count, 1);
  scope.spawn(count, 2);
  runner.run_ready();
  EXPECT_EQ(log, (std::vector<int>{1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(scope.running(), 0u);
}

TEST(TaskDeathTest, awaiting_a_task_that_is_not_there_ends_the_process) {
  TestRunner runner;
  EXPECT_DEATH(runner.complete([]() -> Task<> {
    auto task = answer();
    co_await std::move(task);
    co_await std::move(task);  // NOLINT: the misuse
  }),
               "moved from or awaited before");
}

}  // namespace
}  // namespace rondo
