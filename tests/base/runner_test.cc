// SPDX-License-Identifier: MIT
#include "rondo/base/runner.h"

#include <array>
#include <coroutine>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

class PlainRunner final : public Runner {
 public:
  bool post(Mail&) noexcept override { return false; }
};

class Note final : public ReadyNode {
 public:
  void run() noexcept override {
    if (again != nullptr) again->push_back(*this);
    ++runs;
  }

  int runs = 0;
  ReadyQueue* again = nullptr;
};

constexpr auto kYes = [] { return true; };

TEST(Runner, runs_what_is_ready_oldest_first) {
  PlainRunner runner;
  std::array<Note, 3> notes;
  for (Note& note : notes) runner.ready().push_back(note);
  EXPECT_EQ(runner.run(2, kYes), 2u);
  EXPECT_EQ(notes[0].runs + notes[1].runs, 2);
  EXPECT_EQ(notes[2].runs, 0);
  EXPECT_EQ(runner.run(kAll, kYes), 1u);
  EXPECT_EQ(runner.run(kAll, kYes), 0u);
}

TEST(Runner, a_limit_holds_for_what_becomes_ready_again_and_again) {
  PlainRunner runner;
  Note restless;
  restless.again = &runner.ready();
  runner.ready().push_back(restless);
  EXPECT_EQ(runner.run(100, kYes), 100u);
  EXPECT_EQ(restless.runs, 100);
}

TEST(Runner, stops_when_it_is_told_that_there_is_no_more) {
  PlainRunner runner;
  std::array<Note, 3> notes;
  for (Note& note : notes) runner.ready().push_back(note);
  int asked = 0;
  EXPECT_EQ(runner.run(kAll, [&] { return ++asked < 3; }), 2u);
}

TEST(Runner, a_node_that_ends_is_not_run) {
  PlainRunner runner;
  Note stays;
  {
    Note gone;
    runner.ready().push_back(gone);
    runner.ready().push_back(stays);
  }
  EXPECT_EQ(runner.run(kAll, kYes), 1u);
  EXPECT_EQ(stays.runs, 1);
}

TEST(Runner, counts_down_what_may_complete_inline_and_starts_anew_with_each_resumption) {
  PlainRunner runner;
  for (int i = 0; i < 2; ++i) {
    runner.resume(nullptr);
    int allowed = 0;
    while (allowed < 1000 && runner.may_complete_inline()) ++allowed;
    EXPECT_EQ(allowed, Runner::kInlineCompletions);
  }
}

// A bare coroutine that names the next one.
struct Bare {
  struct promise_type {
    Bare get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<> handle;
};

Bare link(PlainRunner& runner, std::vector<int>& log, int number, std::coroutine_handle<> next) {
  log.push_back(number);
  runner.run_next(next);
  co_return;
}

TEST(Runner, resumes_whoever_is_named_next_until_nobody_is) {
  PlainRunner runner;
  std::vector<int> log;
  const Bare third = link(runner, log, 3, nullptr);
  const Bare second = link(runner, log, 2, third.handle);
  const Bare first = link(runner, log, 1, second.handle);
  runner.resume(first.handle);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
  for (const Bare& each : {first, second, third}) each.handle.destroy();
}

}  // namespace
}  // namespace rondo
