// SPDX-License-Identifier: MIT
#include "rondo/observe/task_tree.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "support/usage.h"
#include "support/watchdog.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

Task<> named_wait(const char* name, Event& event) {
  TaskContext& context = co_await this_context();
  context.set_name(name);
  static_cast<void>(co_await event.wait());
}

// Lines of source files are nothing to compare with, nor are the classes of tests.
std::string without_places(const std::string& text) {
  const std::string text_without = std::regex_replace(text, std::regex(", at [^\n]*"), "");
  return std::regex_replace(text_without, std::regex("in [A-Za-z_]*_Test::"), "in ");
}

class TaskTreeTest : public testing::Test {
 protected:
  void turn() {
    for (int i = 0; i < 4; ++i) loop_->run_once();
  }

  Event event_;
  ManualClock clock_{TimePoint(100s)};
  std::unique_ptr<Loop> loop_ =
      Loop::create({.backend = BackendKind::kEpoll, .clock = &clock_}).value();
};

TEST_F(TaskTreeTest, shows_who_joins_whom_and_what_each_waits_for) {
  loop_->spawn([this]() -> Task<> {
    TaskContext& context = co_await this_context();
    context.set_name("parent");
    co_await with_scope([this](Scope& scope) -> Task<> {
      scope.spawn(named_wait, "first", std::ref(event_));
      scope.spawn(named_wait, "second", std::ref(event_));
      auto slept = co_await sleep(1h);
      static_cast<void>(slept);
    });
  });
  turn();
  clock_.advance(1500ms);
  EXPECT_EQ(without_places(task_tree_text(*loop_, "> ")),
            "> parent: join, for 1.500 s\n"
            ">   lambda in TestBody: sleep, for 1.500 s, until in 3598.500 s\n"
            ">   first: event, for 1.500 s\n"
            ">   second: event, for 1.500 s\n");
  loop_->stop();
  loop_->run();
  EXPECT_TRUE(task_tree(*loop_).empty());
}

TEST_F(TaskTreeTest, tells_deadlines_and_who_has_been_asked_to_stop) {
  Mutex mutex;
  auto held = mutex.try_lock();
  loop_->spawn([&]() -> Task<> {
    auto lock = co_await with_timeout(1h, mutex.lock());
    static_cast<void>(lock);
  });
  loop_->spawn([&]() -> Task<> { co_await shield(named_wait("last wish", event_)); });
  turn();
  const auto lines = task_tree(*loop_);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].deadline, kNever);
  EXPECT_EQ(lines[1].waits_for, "mutex");
  EXPECT_LE(lines[1].deadline, loop_->now() + 1h);
  loop_->stop();
  turn();
  const std::string text = without_places(task_tree_text(*loop_));
  EXPECT_EQ(text,
            "lambda in TestBody: join, for 0.000 s, stopping\n"
            "  last wish: event, for 0.000 s\n");
  event_.set();
  loop_->run();
}

Task<> exchange(Event& event) { static_cast<void>(co_await event.wait()); }

class Session {
 public:
  Task<> run(Event& event) {
    co_await when_all(with_timeout(1h, exchange(event)), sleep(1h), shield(event.wait()));
  }
};

// What stands around them is nobody's, so it goes by the name of the task that it is for.
TEST_F(TaskTreeTest, calls_tasks_after_coroutines_that_a_user_wrote) {
  Session session;
  loop_->spawn([&session](Event& event) { return session.run(event); }, borrow(event_));
  turn();
  EXPECT_EQ(
      std::regex_replace(task_tree_text(*loop_), std::regex(", (for|until)[^,\n]*|:[0-9]+"), ""),
      "Session::run: join, at task_tree_test.cc\n"
      "  Session::run: join\n"
      "    exchange: event, deadline in 3600.000 s, at task_tree_test.cc\n"
      "  Session::run: sleep\n"
      "  Session::run: join\n"
      "    Session::run: event\n");
  event_.set();
  loop_->stop();
  loop_->run();
}

Task<> nested(int depth, Event& event) {
  if (depth == 0) {
    static_cast<void>(co_await event.wait());
    co_return;
  }
  co_await with_scope([&](Scope& scope) -> Task<> {
    for (int i = 0; i < 10; ++i) scope.spawn(nested, depth - 1, std::ref(event));
    co_return;
  });
}

TEST_F(TaskTreeTest, ten_thousand_tasks_are_written_in_less_than_a_tenth_of_a_second) {
  loop_->spawn(nested, 4, borrow(event_));
  for (int i = 0; i < 100; ++i) loop_->run_once();
  const Duration begin = processor_time();  // the machine has other work, too
  const std::string text = task_tree_text(*loop_);
  const Duration took = processor_time() - begin;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11111);
  EXPECT_LT(took, kSanitized ? 2s : 100ms);
  event_.set();
  loop_->run();
}

Task<> innermost(TcpStream& stream) {
  auto chunk = co_await stream.receive();
  EXPECT_FALSE(chunk);
}
Task<> middle(TcpStream& stream) { co_await innermost(stream); }
Task<> outermost(TcpStream stream) { co_await middle(stream); }

TEST_F(TaskTreeTest, shows_the_stack_of_coroutines_and_the_descriptor) {
  auto listener = TcpListener::listen(*loop_, Endpoint::parse("127.0.0.1:0").value()).value();
  const Endpoint address = listener.local_endpoint().value();
  int descriptor = -1;
  loop_->spawn([&]() -> Task<> {
    auto both = co_await when_all(TcpStream::connect(address), listener.accept());
    descriptor = std::get<0>(both)->fd();
    Loop& here = co_await this_loop();
    here.spawn(outermost, std::move(*std::get<0>(both)));
    static_cast<void>(co_await std::get<1>(both)->receive());
  });
  for (int i = 0; i < 100; ++i) loop_->run_once();
  const std::vector<TaskLine> lines = task_tree(*loop_);
  const auto line = std::find_if(lines.begin(), lines.end(),
                                 [](const TaskLine& each) { return each.name == "outermost"; });
  ASSERT_NE(line, lines.end());
  EXPECT_EQ(line->descriptor, descriptor);
  EXPECT_EQ(line->state, TaskState::kWaiting);
  EXPECT_EQ(line->since, clock_.now());
  const std::string stack = std::regex_replace(stack_text(*line), std::regex(":[0-9]+"), "");
  EXPECT_EQ(stack,
            "#0 innermost at task_tree_test.cc\n"
            "#1 middle at task_tree_test.cc\n"
            "#2 outermost at task_tree_test.cc\n");
  loop_->stop();
  loop_->run();
}

TEST_F(TaskTreeTest, tells_how_much_is_still_to_be_sent) {
  auto [one, two] = MemoryStream::pair(*loop_, {.capacity = 10}).value();
  loop_->spawn([&end = one]() -> Task<> {
    const std::string text(25, 'x');
    static_cast<void>(co_await end.send_all(text));
  });
  turn();
  const auto lines = task_tree(*loop_);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].waits_for, "send");
  EXPECT_EQ(lines[0].bytes, 15u);
  loop_->stop();
  loop_->run();
}

TEST_F(TaskTreeTest, a_task_that_looks_at_its_own_loop_sees_itself_as_ready) {
  std::vector<TaskLine> lines;
  loop_->spawn([&]() -> Task<> {
    auto first = co_await with_timeout(1ns, event_.wait());
    EXPECT_FALSE(first);
    Loop& here = co_await this_loop();
    lines = task_tree(here);  // its last frame that suspended has gone
  });
  turn();
  clock_.advance(1ms);
  turn();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].state, TaskState::kReady);
  EXPECT_TRUE(lines[0].coroutines.empty());
}

TEST(TaskTreeVisitorTest, a_task_on_another_loop_is_seen_there_with_what_it_waits_for) {
  auto home = Loop::create({.backend = BackendKind::kEpoll}).value();
  auto other = Loop::create({.backend = BackendKind::kEpoll}).value();
  Event event;
  home->spawn([&]() -> Task<> {
    TaskContext& self = co_await this_context();
    self.set_name("traveller");
    co_await switch_to(*other);
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn(named_wait, "child", std::ref(event));
      co_return;
    });
    co_await switch_to(*home);
    auto slept = co_await sleep(1h);
    static_cast<void>(slept);
  });
  for (int i = 0; i < 4; ++i) {
    home->run_once();
    other->run_once();
  }
  auto lines = task_tree(*home);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].name, "traveller");
  EXPECT_EQ(lines[0].state, TaskState::kAway);
  EXPECT_EQ(lines[0].elsewhere, other.get());
  lines = task_tree(*other);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].name, "traveller");
  EXPECT_TRUE(lines[0].is_visitor);
  EXPECT_EQ(lines[0].waits_for, "join");
  EXPECT_EQ(lines[1].name, "child");
  EXPECT_EQ(lines[1].depth, 1u);
  event.set();
  for (int i = 0; i < 8; ++i) {
    other->run_once();
    home->run_once();
  }
  EXPECT_TRUE(task_tree(*other).empty());
  lines = task_tree(*home);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].waits_for, "sleep");
  home->stop();
  home->run();
}

}  // namespace
}  // namespace rondo
