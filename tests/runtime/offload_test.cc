// SPDX-License-Identifier: MIT
#include "rondo/runtime/offload.h"

#include <cerrno>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/runtime/loop_thread.h"
#include "support/world.h"

namespace rondo {
namespace {

class OffloadTest : public BackendTest {};
RONDO_ON_MAIN_BACKENDS(OffloadTest);

// A call that holds a worker until it is let go.
class Hold {
 public:
  auto call() {
    return [this] {
      began_.set_value();
      may_end_.get_future().wait();
    };
  }
  void wait_until_begun() { began_.get_future().wait(); }
  void let_go() { may_end_.set_value(); }

 private:
  std::promise<void> began_;
  std::promise<void> may_end_;
};

TEST_P(OffloadTest, gives_the_result_on_the_callers_loop) {
  const auto pool = WorkerPool::start({.threads = 2}).value();
  run([&]() -> Task<> {
    const auto here = std::this_thread::get_id();
    auto there = co_await offload(*pool, [] { return std::this_thread::get_id(); });
    EXPECT_NE(*there, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
    auto nothing = co_await offload(*pool, [] {});
    EXPECT_TRUE(nothing);
    auto moved = co_await offload(*pool, [] { return std::make_unique<int>(7); });
    EXPECT_EQ(**moved, 7);
    Result<int> flat = co_await offload(*pool, []() -> Result<int> { return 3; });
    EXPECT_EQ(*flat, 3);
    Result<int> failed =
        co_await offload(*pool, []() -> Result<int> { return Error::from_errno(ENOENT); });
    EXPECT_EQ(failed.error().number(), ENOENT);
  });
}

TEST_P(OffloadTest, brings_an_exception_back) {
  const auto pool = WorkerPool::start().value();
  run([&]() -> Task<> {
    std::string what;
    try {
      auto never =
          co_await offload(*pool, []() -> int { throw std::runtime_error("thrown there"); });
      EXPECT_FALSE(never);
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "thrown there");
  });
}

TEST_P(OffloadTest, the_loop_goes_on_meanwhile) {
  const auto pool = WorkerPool::start().value();
  Hold hold;
  run([&]() -> Task<> {
    int rounds = 0;
    auto other = [&]() -> Task<> {
      for (; rounds < 20; ++rounds) {
        auto slept = co_await sleep(100us);
        EXPECT_TRUE(slept);
      }
      hold.let_go();
    };
    co_await when_all(offload(*pool, hold.call()), other());
    EXPECT_EQ(rounds, 20);
  });
}

TEST_P(OffloadTest, calls_start_in_the_order_in_which_they_came) {
  const auto pool = WorkerPool::start().value();
  std::vector<int> order;
  run([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (int i = 0; i < 50; ++i) {
        scope.spawn([&pool, &order, i]() -> Task<> {
          auto call = [&order, i] { order.push_back(i); };
          auto done = co_await offload(*pool, std::move(call));
          EXPECT_TRUE(done);
        });
      }
      co_return;
    });
  });
  ASSERT_EQ(order.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_P(OffloadTest, beyond_the_queue_calls_are_refused_and_counted) {
  const auto pool = WorkerPool::start({.threads = 1, .queue = 2}).value();
  Hold hold;
  int done = 0;
  int refused = 0;
  run([&]() -> Task<> {
    auto one = [&]() -> Task<> {
      auto result = co_await offload(*pool, [] {});
      result ? ++done : ++refused;
      if (!result) {
        EXPECT_EQ(result.error().number(), EAGAIN);
      }
    };
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto held = co_await offload(*pool, hold.call());
        EXPECT_TRUE(held);
      });
      co_await turns(1);
      hold.wait_until_begun();
      for (int i = 0; i < 5; ++i) scope.spawn(one);
      co_await turns(2);
      EXPECT_EQ(pool->queued(), 2u);
      hold.let_go();
    });
  });
  EXPECT_EQ(done, 2);
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(pool->refused(), 3u);
}

TEST_P(OffloadTest, a_stop_before_the_start_withdraws_the_call) {
  const auto pool = WorkerPool::start().value();
  Hold hold;
  bool called = false;
  Error outcome;
  run([&]() -> Task<> {
    co_await with_scope([&](Scope& outer) -> Task<> {
      outer.spawn([&]() -> Task<> {
        auto held = co_await offload(*pool, hold.call());
        EXPECT_TRUE(held);
      });
      co_await turns(1);
      hold.wait_until_begun();
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> {
          auto result = co_await offload(*pool, [&] { called = true; });
          outcome = result.error();
        });
        co_await turns(1);
        scope.stop();
      });
      EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
      EXPECT_EQ(pool->queued(), 0u);
      hold.let_go();
    });
  });
  EXPECT_FALSE(called);
}

TEST_P(OffloadTest, a_stop_after_the_start_waits_for_the_call) {
  const auto pool = WorkerPool::start().value();
  Hold hold;
  bool got = false;
  run([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto held = co_await offload(*pool, hold.call());
        got = held.ok();
        auto after = co_await offload(*pool, [] {});
        EXPECT_TRUE(after.error().is(Errc::canceled));
      });
      co_await turns(1);
      hold.wait_until_begun();
      scope.stop();
      co_await turns(3);
      EXPECT_FALSE(got);
      hold.let_go();
    });
  });
  EXPECT_TRUE(got);
}

// What a call refers to may lie in the frame that waits for it.
TEST_P(OffloadTest, a_frame_that_is_destroyed_waits_for_its_running_call) {
  const auto pool = WorkerPool::start().value();
  Hold hold;
  bool frame_lived = false;
  std::thread helper;
  loop().spawn([&]() -> Task<> {
    struct Local {
      explicit Local(bool& flag) : alive(flag) { alive = true; }
      ~Local() { alive = false; }
      bool& alive;
    };
    bool alive = false;
    Local local(alive);
    auto never = co_await offload(*pool, [&] {
      hold.call()();
      frame_lived = local.alive;
    });
    ADD_FAILURE() << "resumed: " << never.ok();
  });
  turn(2);
  hold.wait_until_begun();
  helper = std::thread([&] { hold.let_go(); });
  destroy_loop();
  helper.join();
  EXPECT_TRUE(frame_lived);
}

TEST_P(OffloadTest, a_frame_that_is_destroyed_takes_back_a_call_that_waits) {
  const auto pool = WorkerPool::start().value();
  Hold hold;
  bool called = false;
  loop().spawn([&]() -> Task<> {
    auto never = co_await offload(*pool, hold.call());
    ADD_FAILURE() << "resumed: " << never.ok();
  });
  loop().spawn([&]() -> Task<> {
    auto never = co_await offload(*pool, [&] { called = true; });
    ADD_FAILURE() << "resumed: " << never.ok();
  });
  turn(2);
  hold.wait_until_begun();
  hold.let_go();
  destroy_loop();
  // The second may have begun after the first; then the loop's end has waited for it.
  EXPECT_EQ(pool->queued(), 0u);
}

TEST_P(OffloadTest, a_frame_destroyed_with_its_result_in_the_mailbox_frees_it) {
  const auto pool = WorkerPool::start().value();
  std::promise<void> called;
  loop().spawn([&]() -> Task<> {
    auto never = co_await offload(*pool, [&] {
      called.set_value();
      return std::make_unique<std::string>(100, 'x');
    });
    ADD_FAILURE() << "resumed: " << never.ok();
  });
  turn(1);  // it begins; the mail could only be fetched by another one
  called.get_future().wait();
  destroy_loop();
}

TEST_P(OffloadTest, an_offload_that_was_never_awaited_does_nothing) {
  const auto pool = WorkerPool::start().value();
  bool called = false;
  {
    auto unused = offload(*pool, [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

TEST(OffloadStress, loops_on_several_threads_share_a_pool_and_stop_at_any_time) {
  const int rounds = scaled(300);
  const auto pool = WorkerPool::start({.threads = 2, .queue = 16}).value();
  std::atomic<int> ran{0};
  for (int round = 0; round < rounds; ++round) {
    auto first = LoopThread::start({.loop = {.backend = BackendKind::kEpoll}}).value();
    auto second = LoopThread::start({.loop = {.backend = BackendKind::kEpoll}}).value();
    for (LoopThread* thread : {first.get(), second.get()}) {
      for (int task = 0; task < 8; ++task) {
        ASSERT_TRUE(spawn_on(thread->loop(), [&]() -> Task<> {
          for (int i = 0; i < 5; ++i) {
            auto result = co_await offload(*pool, [&] { return ++ran; });
            if (!result && result.error().is(Errc::canceled)) co_return;
          }
        }));
      }
    }
    if (round % 2 == 0) first->stop();
  }
  EXPECT_GT(ran, 0);
  EXPECT_EQ(pool->queued(), 0u);
}

}  // namespace
}  // namespace rondo
