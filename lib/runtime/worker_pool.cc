// SPDX-License-Identifier: MIT
#include "rondo/runtime/worker_pool.h"

#include <algorithm>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/runtime/cpus.h"
#include "runtime/start_thread.h"

namespace rondo {

absl::StatusOr<std::unique_ptr<WorkerPool>> WorkerPool::start(WorkerPoolOptions options) {
  std::unique_ptr<WorkerPool> self(new WorkerPool(std::move(options)));
  const std::size_t count = std::max<std::size_t>(self->options_.threads, 1);
  self->threads_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto thread = start_thread(&WorkerPool::run, self.get(), i);
    if (!thread.ok()) return thread.status();
    self->threads_.push_back(std::move(*thread));
  }
  return self;
}

WorkerPool::WorkerPool(WorkerPoolOptions options) : options_(std::move(options)) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    require(queue_.empty(), "a worker pool was destroyed before the tasks that wait for it");
    ending_ = true;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

std::uint64_t WorkerPool::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool WorkerPool::submit(PoolJob& job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    // An idle worker's next job does not wait, so a pool without a queue still works.
    if (queued_ >= options_.queue + idle_) {
      ++refused_;
      return false;
    }
    job.state = PoolJob::State::kQueued;
    queue_.push_back(job);
    ++queued_;
    wake = idle_ != 0;
  }
  if (wake) has_work_.notify_one();
  return true;
}

bool WorkerPool::withdraw(PoolJob& job) {
  const std::lock_guard lock(mutex_);
  if (job.state != PoolJob::State::kQueued) return false;
  job.unlink();
  --queued_;
  job.state = PoolJob::State::kNew;
  return true;
}

bool WorkerPool::wait_for(PoolJob& job) {
  std::unique_lock lock(mutex_);
  has_ended_.wait(lock, [&job] { return job.state > PoolJob::State::kRunning; });
  return job.state == PoolJob::State::kPosted;
}

void WorkerPool::run(std::size_t number) {
  name_thread(options_.name + "-" + std::to_string(number));
  work();
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (queue_.empty()) {
      if (ending_) return;
      ++idle_;
      has_work_.wait(lock);
      --idle_;
    }
    PoolJob& job = *queue_.pop_front();
    --queued_;
    job.state = PoolJob::State::kRunning;
    lock.unlock();
    job.work();
    lock.lock();
    // Posted under the mutex: who waits for it knows then that the post is over, so that the loop
    // may go. After the post the job is the loop's and may be gone.
    job.state = PoolJob::State::kPosted;
    if (!job.home->post(job)) job.state = PoolJob::State::kRefused;
    has_ended_.notify_all();
  }
}

}  // namespace rondo
