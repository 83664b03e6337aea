// SPDX-License-Identifier: MIT
// Misuse ends the process with a sentence that names the coroutine.
#include <unistd.h>

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

std::unique_ptr<Loop> new_loop() { return Loop::create({.backend = BackendKind::kEpoll}).value(); }

// What dies is a fresh loop, made by the child that the death test forks.
template <class Function, class... Arguments>
void run(Function function, Arguments... arguments) {
  auto loop = new_loop();
  loop->spawn(std::move(function), std::move(arguments)...);
  loop->run();
}

Task<> receives_twice(TcpStream stream) { co_await when_all(stream.receive(), stream.receive()); }

Task<std::pair<TcpStream, TcpStream>> connected() {
  Loop& here = co_await this_loop();
  auto listener = TcpListener::listen(here, Endpoint::parse("127.0.0.1:0").value()).value();
  const Endpoint address = listener.local_endpoint().value();
  auto both = co_await when_all(TcpStream::connect(address), listener.accept());
  co_return std::pair<TcpStream, TcpStream>(std::move(*std::get<0>(both)),
                                            std::move(*std::get<1>(both)));
}

Task<> two_receives() {
  auto ends = co_await connected();
  co_await receives_twice(std::move(ends.first));
}

TEST(GuardDeathTest, two_receives_on_one_stream) {
  EXPECT_DEATH(run(two_receives),
               "task 'two_receives': two receives \\(or accepts\\) at the same time");
}

// g++ 12 would copy what a lambda has captured by reference and awaits.
template <class Awaitable>
class Again {
 public:
  explicit Again(Awaitable& awaited) noexcept : awaited_(awaited) {}
  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    return awaited_.await_suspend(self);
  }
  void await_resume() noexcept { static_cast<void>(awaited_.await_resume()); }

 private:
  Awaitable& awaited_;
};

Task<> awaits_an_operation_twice() {
  auto ends = co_await connected();
  auto receive = ends.first.receive();
  const auto wait = [&]() -> Task<> { co_await Again(receive); };
  co_await when_all(wait(), wait());
}

TEST(GuardDeathTest, one_operation_that_two_tasks_await) {
  EXPECT_DEATH(run(awaits_an_operation_twice),
               "task 'lambda in awaits_an_operation_twice': an operation was awaited");
}

Task<> awaits_a_sleep_twice() {
  auto nap = sleep(1h);
  const auto wait = [&]() -> Task<> { co_await Again(nap); };
  co_await when_all(wait(), wait());
}

TEST(GuardDeathTest, one_sleep_that_two_tasks_await) {
  EXPECT_DEATH(run(awaits_a_sleep_twice), "task 'lambda in awaits_a_sleep_twice': a sleep was");
}

Task<> nothing() { co_return; }

Task<> awaits_a_task_twice() {
  Task<> task = nothing();
  co_await std::move(task);
  co_await std::move(task);  // NOLINT: the point of it
}

TEST(GuardDeathTest, a_task_that_is_awaited_twice) {
  EXPECT_DEATH(run(awaits_a_task_twice), "task 'awaits_a_task_twice': it awaits a task that is");
}

Task<> uses_a_closed_stream() {
  auto ends = co_await connected();
  co_await ends.first.close();
  static_cast<void>(co_await ends.first.receive());
}

TEST(GuardDeathTest, an_operation_on_a_closed_descriptor) {
  EXPECT_DEATH(run(uses_a_closed_stream), "task 'uses_a_closed_stream': .*closed or moved from");
}

Task<> uses_a_stream_that_never_was() {
  TcpStream stream;
  static_cast<void>(co_await stream.send_all("x"));
}

TEST(GuardDeathTest, an_operation_on_a_stream_that_never_was) {
  EXPECT_DEATH(run(uses_a_stream_that_never_was), "task 'uses_a_stream_that_never_was': .*closed");
}

Task<> uses_a_closed_listener() {
  Loop& here = co_await this_loop();
  auto listener = TcpListener::listen(here, Endpoint::parse("127.0.0.1:0").value()).value();
  co_await listener.close();
  static_cast<void>(co_await listener.accept());
}

TEST(GuardDeathTest, an_accept_on_a_closed_listener) {
  EXPECT_DEATH(run(uses_a_closed_listener), "task 'uses_a_closed_listener': .*closed or moved");
}

Task<> uses_a_pair_that_it_gave_away() {
  auto ends = MemoryStream::pair(co_await this_loop()).value();
  MemoryStream taken = std::move(ends.first);
  static_cast<void>(co_await ends.first.receive());
}

TEST(GuardDeathTest, an_operation_on_an_end_in_memory_that_was_moved_away) {
  EXPECT_DEATH(run(uses_a_pair_that_it_gave_away),
               "task 'uses_a_pair_that_it_gave_away': .*closed");
}

Task<> reads_what_is_not_there() {
  const Result<int> none = Errc::closed;
  static_cast<void>(*none);
  co_return;
}

TEST(GuardDeathTest, whatever_else_a_task_does_that_must_not_be) {
  EXPECT_DEATH(run(reads_what_is_not_there), "task 'reads_what_is_not_there': Result: read");
}

Task<> fails() {
  throw 1;
  co_return;
}

TEST(GuardDeathTest, an_exception_that_nobody_takes) {
  EXPECT_DEATH(run(fails), "task 'fails': an exception left a spawned task");
}

// Of two loops on one thread, on each of which something runs.
TEST(GuardDeathTest, a_loop_that_a_task_of_another_one_uses) {
  EXPECT_DEATH(
      {
        std::unique_ptr<Loop> other;
        std::thread([&other] {
          other = new_loop();
          other->spawn([]() -> Task<> { static_cast<void>(co_await sleep(1h)); });
          other->run_once();
        }).join();
        const auto reaches_over = [](Loop& there) -> Task<> {
          there.spawn([]() -> Task<> { co_return; });
          co_return;
        };
        run(reaches_over, borrow(*other));
      },
      "task 'lambda in .*::TestBody': a loop was used from another thread");
}

TEST(GuardDeathTest, a_posted_call_is_no_task_and_names_none) {
  EXPECT_DEATH(
      {
        auto loop = new_loop();
        loop->spawn([]() -> Task<> { static_cast<void>(co_await sleep(1h)); });
        loop->post([] { static_cast<void>(TcpStream().receive()); });
        loop->run();
      },
      "slot: a stream or listener was used|slot\\(\\) const: a stream or listener was used");
}

// Goes away to another loop and does what it may only do at home.
template <class Misuse>
void run_away_from_home(Misuse misuse) {
  auto there = new_loop();
  auto home = new_loop();
  std::thread other([&there] { there->run_until_stopped(); });
  home->spawn([&]() -> Task<> { co_await misuse(*there); });
  home->run();
  there->stop();
  other.join();
}

Task<> waits_for_children_from_over_there(Loop& there) {
  co_await with_scope([&there](Scope& scope) -> Task<> {
    scope.spawn([]() -> Task<> { static_cast<void>(co_await sleep(1h)); });
    co_await switch_to(there);
    co_await scope.any_done();
  });
}

TEST(GuardDeathTest, a_scope_that_is_awaited_on_another_loop) {
  EXPECT_DEATH(run_away_from_home(waits_for_children_from_over_there),
               "task 'lambda in waits_for_children_from_over_there': it waits for a scope of");
}

// What is done with a stream while its task is away.
template <class Act>
auto over_there(Act act) {
  return [act](Loop& there) -> Task<> {
    auto ends = co_await connected();
    co_await switch_to(there);
    static_cast<void>(co_await act(ends.first));
  };
}

TEST(GuardDeathTest, a_close_on_another_loop) {
  const auto close = [](auto& stream) { return stream.close(); };
  EXPECT_DEATH(run_away_from_home(over_there(close)),
               "task 'lambda in run_away_from_home': it closes a stream or listener of another");
}

TEST(GuardDeathTest, an_operation_on_another_loop) {
  const auto receive = [](auto& stream) { return stream.receive(); };
  EXPECT_DEATH(run_away_from_home(over_there(receive)),
               "task 'lambda in run_away_from_home': an operation on a stream of another loop");
}

Task<> awaits_an_offload_twice() {
  auto pool = WorkerPool::start({.threads = 1}).value();
  const auto nothing = [] {};
  auto call = offload(*pool, nothing);
  static_cast<void>(co_await Again(call));
  static_cast<void>(co_await Again(call));
}

TEST(GuardDeathTest, an_offload_that_is_awaited_twice) {
  EXPECT_DEATH(run(awaits_an_offload_twice), "task 'awaits_an_offload_twice': an offload was");
}

Task<> awaits_a_wait_twice() {
  Event event;
  auto waiting = event.wait();
  const auto wait = [&]() -> Task<> { co_await Again(waiting); };
  co_await when_all(wait(), wait());
}

TEST(GuardDeathTest, one_wait_that_two_tasks_await) {
  EXPECT_DEATH(run(awaits_a_wait_twice), "task 'lambda in awaits_a_wait_twice': something was");
}

Task<> receives_twice_in_memory() {
  auto ends = MemoryStream::pair(co_await this_loop()).value();
  const auto receive = [](MemoryStream& end) -> Task<> {
    static_cast<void>(co_await end.receive());
  };
  co_await when_all(receive(ends.first), receive(ends.first));
}

TEST(GuardDeathTest, two_receives_on_one_end_in_memory) {
  EXPECT_DEATH(run(receives_twice_in_memory),
               "task 'lambda in receives_twice_in_memory': two receives");
}

TEST(GuardDeathTest, a_wait_that_another_thread_ends) {
  EXPECT_DEATH(
      {
        Event event;
        auto loop = new_loop();
        const auto waits_here = [](Event& given) -> Task<> {
          static_cast<void>(co_await given.wait());
        };
        loop->spawn(waits_here, borrow(event));
        loop->run_once();
        std::thread([&event] { event.set(); }).join();
      },
      "task 'lambda in .*::TestBody': it was woken by another thread");
}

TEST(GuardDeathTest, a_scope_that_another_thread_uses) {
  EXPECT_DEATH(run([]() -> Task<> {
                 co_await with_scope([](Scope& scope) -> Task<> {
                   std::thread([&scope] { scope.spawn(nothing); }).join();
                   co_return;
                 });
               }),
               "task 'lambda in .*::TestBody': a scope was used from another thread");
}

Task<> leaves_its_children() {
  TaskContext& self = co_await this_context();
  Scope scope(self);
  scope.spawn([]() -> Task<> { static_cast<void>(co_await sleep(1h)); });
  co_await yield();
}

TEST(GuardDeathTest, a_scope_that_is_left_while_children_run) {
  EXPECT_DEATH(run(leaves_its_children), "task 'leaves_its_children': it left a scope");
}

// The frame that holds the scope goes, and all is well.
TEST(GuardTest, a_scope_may_be_destroyed_with_the_frame_that_holds_it) {
  auto loop = new_loop();
  loop->spawn([]() -> Task<> {
    TaskContext& self = co_await this_context();
    Scope scope(self);
    scope.spawn([]() -> Task<> { static_cast<void>(co_await sleep(1h)); });
    co_await scope.join();
  });
  loop->run_once();
}

TEST(GuardDeathTest, a_loop_in_the_child_of_a_fork_names_one_of_its_tasks) {
  auto loop = new_loop();
  const auto serves_in_the_parent = []() -> Task<> { static_cast<void>(co_await sleep(1h)); };
  loop->spawn(serves_in_the_parent);
  loop->run_once();
  EXPECT_DEATH(loop->run_once(), "task 'lambda in .*::TestBody': .*in the child of a fork");
}

Task<> forgotten(int) { co_return; }

#if defined(_GLIBCXX_ASSERTIONS)

TEST(GuardDeathTest, a_task_that_is_made_and_forgotten) {
  EXPECT_DEATH(static_cast<void>(forgotten(1)), "a task of 'forgotten' was made and dropped");
  EXPECT_DEATH(run([]() -> Task<> {
                 Task<> task = forgotten(1);
                 co_return;
               }),
               "a task of 'forgotten' was made and dropped");
}

#endif

TEST(GuardTest, a_task_that_is_given_up_on_purpose_is_not_forgotten) {
  forgotten(1).discard();
  Task<> one = forgotten(1);
  Task<> other = std::move(one);
  std::move(other).discard();
}

TEST(GuardTest, a_task_in_a_frame_that_is_destroyed_is_not_forgotten) {
  auto loop = new_loop();
  loop->spawn([]() -> Task<> {
    Task<> later = forgotten(1);
    auto slept = co_await sleep(1h);
    if (slept) co_await std::move(later);
    std::move(later).discard();
  });
  const auto awaits = [](Task<> inner) -> Task<> { co_await std::move(inner); };
  loop->spawn(awaits, forgotten(2));  // not begun
  loop->run_once({.events = 1});
}

TEST(GuardTest, a_task_that_an_exception_passes_is_not_forgotten) {
  run([]() -> Task<> {
    const auto fails = []() -> Task<> {
      Task<> never = forgotten(1);
      throw 1;
      co_await std::move(never);
    };
    try {
      co_await fails();
    } catch (int) {
    }
  });
}

}  // namespace
}  // namespace rondo
