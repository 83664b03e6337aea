// SPDX-License-Identifier: MIT
// Threads for work that would hold up a loop: computing, blocking calls.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/base/list.h"
#include "rondo/base/mail.h"
#include "rondo/base/runner.h"

namespace rondo {

class WorkerPool;

// A call on its way through a pool:
//
//   kNew --submit--> kQueued --a worker takes it--> kRunning --the call has ended--> kPosted
//                       |                                |
//                       +--- withdraw ---> kNew          +--- `home` takes no mail ---> kRefused
//
// The submitting loop's until it is submitted; the pool's while it is queued or running; then the
// loop's again: posted, its run() is called there. The state changes under the pool's mutex.
class PoolJob : public Mail {
 public:
  enum class State : std::uint8_t { kNew, kQueued, kRunning, kPosted, kRefused };

  // On a worker.
  virtual void work() noexcept = 0;

  Runner* home = nullptr;
  State state = State::kNew;

 protected:
  ~PoolJob() = default;
};

struct WorkerPoolOptions {
  std::size_t threads = 1;
  std::size_t queue = 1024;         // calls that wait for a thread; beyond it they are refused
  std::string name = "rondo-pool";  // its threads are called so, with a number: "rondo-pool-0"
};

// A bounded pool. Calls start in the order in which they came. Its one mutex is held for a few
// instructions at a time, by those who offload; connections that do not never meet it.
class WorkerPool {
 public:
  // Returns when all threads have been started, or that one of them cannot be had; those that were
  // have ended then.
  static absl::StatusOr<std::unique_ptr<WorkerPool>> start(WorkerPoolOptions options = {});

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Waits for what runs. Nothing may be queued any more: the loops that offload have ended before.
  ~WorkerPool();

  std::size_t threads() const noexcept { return threads_.size(); }

  // Any thread. How many calls wait for a worker; how many were refused since the beginning.
  std::size_t queued() const;
  std::uint64_t refused() const;

  // For offload(), on the job's loop.

  // False when the queue is full; the job stays with the caller.
  [[nodiscard]] bool submit(PoolJob& job);
  // Takes a job back that no worker has begun; false when one has.
  bool withdraw(PoolJob& job);
  // Waits for a job that a worker has begun. True when it is posted, so that it will run or has;
  // false when it was refused, and nobody has it any more but the caller.
  bool wait_for(PoolJob& job);

 private:
  explicit WorkerPool(WorkerPoolOptions options);

  void run(std::size_t number);
  void work();

  const WorkerPoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable has_ended_;
  List<PoolJob> queue_;
  std::size_t queued_ = 0;
  std::size_t idle_ = 0;  // workers that wait for work
  std::uint64_t refused_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace rondo
