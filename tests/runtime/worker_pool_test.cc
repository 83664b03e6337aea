// SPDX-License-Identifier: MIT
// When no thread is to be had. What a pool does with its calls is in offload_test.cc.
#include "rondo/runtime/worker_pool.h"

#include <pthread.h>

#include <cstddef>

#include <gtest/gtest.h>

#include "rondo/runtime/loop_thread.h"
#include "rondo/runtime/runtime.h"
#include "support/descriptors.h"

namespace rondo {
namespace {

// As long as it lives no thread can be had: each would need a stack that no address space holds.
// It works for every user, which a limit on threads would not.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t huge;
    ::pthread_getattr_default_np(&before_);
    ::pthread_getattr_default_np(&huge);
    EXPECT_EQ(::pthread_attr_setstacksize(&huge, std::size_t{1} << 48), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&huge), 0);
    ::pthread_attr_destroy(&huge);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    EXPECT_EQ(::pthread_setattr_default_np(&before_), 0);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST(WorkerPool, without_a_thread_there_is_no_pool) {
  {
    const NoThreads none;
    const auto pool = WorkerPool::start({.threads = 3});
    EXPECT_TRUE(absl::IsResourceExhausted(pool.status())) << pool.status();
  }
  EXPECT_EQ(WorkerPool::start({.threads = 3}).value()->threads(), 3u);
}

TEST(WorkerPool, without_a_thread_there_is_no_runtime_and_nothing_is_left_of_it) {
  const auto before = open_descriptors();
  const NoThreads none;
  for (const Topology topology : {Topology::kPool, Topology::kMasterSub}) {
    RuntimeOptions options;
    options.topology = topology;
    options.workers = 2;
    const auto runtime = Runtime::create(std::move(options));
    EXPECT_TRUE(absl::IsResourceExhausted(runtime.status())) << runtime.status();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(WorkerPool, without_a_thread_a_loop_gets_none) {
  const NoThreads none;
  const auto thread = LoopThread::start({});
  EXPECT_TRUE(absl::IsResourceExhausted(thread.status())) << thread.status();
}

}  // namespace
}  // namespace rondo
