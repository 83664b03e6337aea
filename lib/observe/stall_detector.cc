// SPDX-License-Identifier: MIT
#include "rondo/observe/stall_detector.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "observe/peek.h"
#include "rondo/base/thread.h"
#include "rondo/coro/context.h"
#include "rondo/coro/coroutine_name.h"
#include "runtime/start_thread.h"

namespace rondo {
namespace {

std::string name_of_task(const TaskContext* task) {
  if (task == nullptr) return {};
  const char* name = nullptr;
  if (!peek(task->name_place(), &name, sizeof name)) return {};
  return name == nullptr ? "task" : coroutine_name(peek_text(name));
}

// The first word of a coroutine's frame is the function that resumes it, with every compiler's ABI.
std::string name_of_coroutine(const void* frame) {
  const void* resume = nullptr;
  if (frame == nullptr || !peek(frame, &resume, sizeof resume)) return {};
  return function_at(resume);
}

// One loop, as the detector's thread knows it.
class Watched {
 public:
  explicit Watched(NamedLoop loop) : loop_(std::move(loop)) {}

  void look(TimePoint now, const StallOptions& options) {
    const LoopStats::Step step = loop_.loop->stats()->step();
    if (step.what == nullptr || step != step_) {
      if (stall_.blocked != Duration(0)) report_end(now, options);
      step_ = step;
      since_ = now;
      return;
    }
    // It may have begun right after the look before the first one that saw it.
    const bool is_long = now - since_ >= options.threshold * 3 / 4;
    if (is_long && stall_.blocked == Duration(0)) report_begin(now, options);
  }

 private:
  void report_begin(TimePoint now, const StallOptions& options) {
    Stall stall{.loop = loop_.name,
                .task = name_of_task(loop_.loop->running()),
                .waited_for = step_.what,
                .coroutine = name_of_coroutine(loop_.loop->running_frame()),
                .blocked = now - since_};
    // Else it came to its end while we looked, and what we saw may have been something else's.
    if (loop_.loop->stats()->step() != step_) return;
    stall_ = std::move(stall);
    options.report(stall_);
  }

  void report_end(TimePoint now, const StallOptions& options) {
    stall_.blocked = now - since_;
    stall_.is_over = true;
    options.report(std::exchange(stall_, Stall()));
  }

  const NamedLoop loop_;
  LoopStats::Step step_;
  TimePoint since_{};  // step_ was seen for the first time
  Stall stall_;        // reported and not over
};

}  // namespace

class StallDetector::Watch {
 public:
  Watch(std::vector<NamedLoop> loops, StallOptions options) : options_(std::move(options)) {
    for (NamedLoop& loop : loops) watched_.emplace_back(std::move(loop));
  }
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    end_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status start() {
    auto thread = start_thread(&Watch::run, this);
    if (!thread.ok()) return thread.status();
    thread_ = *std::move(thread);
    return absl::OkStatus();
  }

 private:
  // In real time, whatever clock the loops are on.
  void run() {
    const Duration pause = options_.threshold / 8;
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, pause, [this] { return over_; })) {
      const TimePoint now = Clock::monotonic().now();
      for (Watched& each : watched_) each.look(now, options_);
    }
  }

  const StallOptions options_;
  std::vector<Watched> watched_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool over_ = false;
  std::thread thread_;
};

StallDetector::StallDetector(std::unique_ptr<Watch> watch) noexcept : watch_(std::move(watch)) {}

StallDetector::~StallDetector() = default;

absl::StatusOr<std::unique_ptr<StallDetector>> StallDetector::watch(std::vector<NamedLoop> loops,
                                                                    StallOptions options) {
  if (!options.report) {
    return absl::InvalidArgumentError("StallDetector: nobody is told; set StallOptions::report");
  }
  if (options.threshold < std::chrono::milliseconds(1)) {
    return absl::InvalidArgumentError("StallDetector: the threshold is less than a millisecond");
  }
  for (const NamedLoop& each : loops) {
    if (each.loop->stats() == nullptr) {
      return absl::FailedPreconditionError("StallDetector: the loop '" + each.name +
                                           "' is not observed; set LoopOptions::observe");
    }
  }
  auto watch = std::make_unique<Watch>(std::move(loops), std::move(options));
  const absl::Status started = watch->start();
  if (!started.ok()) return started;
  return std::unique_ptr<StallDetector>(new StallDetector(std::move(watch)));
}

}  // namespace rondo
