// SPDX-License-Identifier: MIT
// A loop with a thread of its own.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "rondo/loop/loop.h"

namespace rondo {

struct LoopThreadOptions {
  std::string name = "rondo-loop";  // in /proc/PID/task/TID/comm; the first 15 bytes
  std::optional<int> cpu = {};      // the only CPU that it runs on
  LoopOptions loop = {};
};

// The loop is created, turned and destroyed on that thread; others use it by post and spawn_on. Its
// calls belong to one thread, the one that owns it. Of several loops whose tasks go to each other,
// stop all and wait for all before the first one is destroyed.
class LoopThread {
 public:
  // Returns when the loop is there, or why it could not be had: the backend's reason, or the CPU
  // that may not be used; or that no thread can be had.
  static absl::StatusOr<std::unique_ptr<LoopThread>> start(LoopThreadOptions options);

  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  // Stops the loop, waits until its tasks have ended, destroys it and joins the thread.
  ~LoopThread();

  // Lives as long as this object.
  Loop& loop() const noexcept { return *loop_; }

  // Asks every task of the loop to stop. Any thread.
  void stop() noexcept { loop_->stop(); }
  // Until the loop was stopped and all its tasks have ended. It goes on to run what others post and
  // the tasks that come to it, until it is destroyed.
  void wait_until_stopped();

 private:
  // The last thing that its loop is told.
  struct End final : Mail {
    void run() noexcept override { lives = false; }
    bool lives = true;  // the loop's thread
  };

  LoopThread() = default;

  void run(LoopThreadOptions options, std::promise<absl::StatusOr<Loop*>> created);

  Loop* loop_ = nullptr;
  std::promise<void> has_stopped_;
  End end_;
  std::shared_future<void> stopped_;
  std::thread thread_;
};

}  // namespace rondo
