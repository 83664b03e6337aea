// SPDX-License-Identifier: MIT
#include "rondo/runtime/loop_thread.h"

#include <sched.h>

#include <atomic>
#include <future>
#include <string>

#include <gtest/gtest.h>

#include "rondo/base/sanitizer.h"
#include "rondo/runtime/cpus.h"
#include "support/world.h"

namespace rondo {
namespace {

TEST(LoopThread, runs_what_is_posted_and_spawned_on_its_own_thread) {
  auto thread = LoopThread::start({.name = "rondo-test"});
  ASSERT_TRUE(thread.ok()) << thread.status().message();
  const std::thread::id here = std::this_thread::get_id();
  std::promise<std::thread::id> posted;
  std::promise<std::thread::id> spawned;
  ASSERT_TRUE((*thread)->loop().post([&] { posted.set_value(std::this_thread::get_id()); }));
  ASSERT_TRUE(spawn_on((*thread)->loop(), [&]() -> Task<> {
    auto slept = co_await sleep(1ms);
    EXPECT_TRUE(slept);
    spawned.set_value(std::this_thread::get_id());
  }));
  const std::thread::id there = posted.get_future().get();
  EXPECT_NE(there, here);
  EXPECT_EQ(spawned.get_future().get(), there);
}

TEST(LoopThread, its_end_stops_the_tasks_and_waits_for_them) {
  Error outcome;
  std::promise<void> began;
  {
    auto thread = LoopThread::start({}).value();
    ASSERT_TRUE(spawn_on(thread->loop(), [&]() -> Task<> {
      began.set_value();
      auto slept = co_await sleep(1h);
      outcome = slept.error();
    }));
    began.get_future().wait();
  }
  EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
}

TEST(LoopThread, mail_that_comes_after_the_stop_still_runs) {
  bool ran = false;
  {
    auto thread = LoopThread::start({}).value();
    thread->stop();
    thread->wait_until_stopped();
    EXPECT_TRUE(thread->loop().post([&] { ran = true; }));
  }
  EXPECT_TRUE(ran);
}

TEST(LoopThread, can_be_pinned) {
  const int cpu = usable_cpus().back();
  auto thread = LoopThread::start({.cpu = cpu}).value();
  std::promise<int> where;
  ASSERT_TRUE(thread->loop().post([&] { where.set_value(::sched_getcpu()); }));
  EXPECT_EQ(where.get_future().get(), cpu);
}

TEST(LoopThread, what_cannot_be_had_is_an_error) {
  EXPECT_EQ(LoopThread::start({.cpu = 100000}).status().code(), absl::StatusCode::kInvalidArgument);
  if (kAddressSanitizer) return;  // UBSan needs descriptors of its own
  const DescriptorLimit none_left(0);
  EXPECT_FALSE(LoopThread::start({}).ok());
}

}  // namespace
}  // namespace rondo
