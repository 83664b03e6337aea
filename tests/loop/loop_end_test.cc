// SPDX-License-Identifier: MIT
// A loop that is destroyed where it did not run, in the wrong process, or while a task of its own
// is on its way home.
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/runtime/loop_thread.h"
#include "support/wire.h"
#include "support/world.h"

namespace rondo {
namespace {

class LoopEndTest : public BackendTest {
 protected:
  // A loop of the same backend whose thread has come and gone.
  std::unique_ptr<Loop> loop_whose_thread_has_ended() {
    auto other = Loop::create(GetParam().options()).value();
    std::promise<void> begun;
    other->spawn([&]() -> Task<> {
      begun.set_value();
      auto slept = co_await sleep(1h);
      EXPECT_FALSE(slept);
    });
    std::thread thread([&] { other->run_until_stopped(); });
    begun.get_future().wait();
    other->stop();
    thread.join();
    return other;
  }
  // Until what the loop's thread does now is done.
  static void pass_a_turn_of(Loop& there) {
    std::promise<void> passed;
    EXPECT_TRUE(there.post([&] { passed.set_value(); }));
    passed.get_future().wait();
  }
};
RONDO_ON_EVERY_BACKEND(LoopEndTest);

TEST_P(LoopEndTest, a_loop_whose_thread_has_ended_may_be_destroyed_by_another) {
  for (int i = 0; i < scaled(20); ++i) {
    auto other = loop_whose_thread_has_ended();
    other.reset();
  }
}

TEST_P(LoopEndTest, a_post_after_the_end_of_its_thread_runs_when_the_loop_is_destroyed) {
  for (int i = 0; i < scaled(20); ++i) {
    auto other = loop_whose_thread_has_ended();
    bool ran = false;
    EXPECT_TRUE(other->post([&] { ran = true; }));
    other.reset();
    EXPECT_TRUE(ran);
  }
}

TEST_P(LoopEndTest, a_loop_that_was_woken_after_the_end_of_its_thread_may_be_destroyed) {
  for (int i = 0; i < scaled(20); ++i) {
    auto other = loop_whose_thread_has_ended();
    other->backend().wake();
    other.reset();
  }
}

TEST_P(LoopEndTest, a_task_that_has_ended_elsewhere_and_is_not_yet_home_is_no_harm) {
  LoopThreadOptions options;
  options.loop = GetParam().options();
  auto there = LoopThread::start(options).value();
  Loop& away = there->loop();
  auto home = Loop::create(GetParam().options()).value();
  std::promise<void> arrived;
  home->spawn([&]() -> Task<> {
    const bool is_there = co_await switch_to(away);
    EXPECT_TRUE(is_there);
    arrived.set_value();
  });
  home->run_once();
  arrived.get_future().wait();
  pass_a_turn_of(away);
  home.reset();
}

TEST_P(LoopEndTest, a_task_that_is_on_its_way_back_is_destroyed) {
  LoopThreadOptions options;
  options.loop = GetParam().options();
  auto there = LoopThread::start(options).value();
  Loop& away = there->loop();
  auto home = Loop::create(GetParam().options()).value();
  std::promise<void> leaves;
  auto alive = std::make_shared<int>(0);
  home->spawn([&, held = alive]() -> Task<> {
    Loop& here = co_await this_loop();
    const bool is_there = co_await switch_to(away);
    EXPECT_TRUE(is_there);
    leaves.set_value();
    static_cast<void>(co_await switch_to(here));
    static_cast<void>(co_await sleep(1h));
  });
  home->run_once();
  leaves.get_future().wait();
  pass_a_turn_of(away);
  home.reset();
  EXPECT_EQ(alive.use_count(), 1);
}

class ForkedEndTest : public BackendTest {};
RONDO_ON_MAIN_BACKENDS(ForkedEndTest);

// A death test runs its statement in the child of a fork.
TEST_P(ForkedEndTest, its_end_in_the_child_of_a_fork_is_refused_and_takes_nothing_from_the_parent) {
  auto waited = wire::socket_pair();
  auto pair = wire::socket_pair();
  RawPeer waker(std::move(waited.second));
  RawPeer peer(std::move(pair.second));
  bool woken = false;
  std::string got;
  loop().spawn([&]() -> Task<> {
    auto ready = co_await wait_readable(waited.first.number());
    woken = ready.ok();
  });
  loop().spawn([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto socket = Socket::adopt(here, std::move(pair.first));
    EXPECT_TRUE(socket);
    SocketStream stream(std::move(*socket));
    auto chunk = co_await stream.receive();
    if (chunk) got = chunk->text();
  });
  turn(5);
  EXPECT_DEATH(destroy_loop(), "in the child of a fork");
  EXPECT_FALSE(woken);
  waker.send("x");
  peer.send("still here");
  turn_until([&] { return woken && !got.empty(); });
  EXPECT_TRUE(woken);
  EXPECT_EQ(got, "still here");
  loop().run();
}

}  // namespace
}  // namespace rondo
