// SPDX-License-Identifier: MIT
// Tells which coroutine keeps its loop from everything else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/base/clock.h"
#include "rondo/observe/snapshot.h"

namespace rondo {

// Something has run on a loop without a pause for too long: it computes, or has made a call that
// blocks.
struct Stall {
  std::string loop;
  std::string task;        // its name; empty if it is no task but a posted call
  std::string waited_for;  // before it was resumed: "receive", "sleep", "posted call"
  // The coroutine that was resumed: its name if the program exports it (-rdynamic), else where it
  // is in which file, as addr2line takes it: "server+0x12f40". Empty where the kernel refuses to
  // look (process_vm_readv).
  std::string coroutine;
  Duration blocked = Duration(0);  // so far; in all once it is over
  bool is_over = false;
};

struct StallOptions {
  // What has run so long is reported, and some that have run three quarters of it.
  Duration threshold = std::chrono::milliseconds(100);
  // Called on the detector's thread: when a stall is noticed, and once more when it is over.
  std::function<void(const Stall& stall)> report;
};

// Looks at the loops eight times in each threshold, from a thread of its own, so that it can tell
// of a loop that never comes back. The loops are not woken, stopped or slowed down; what `blocked`
// says is right to a quarter of the threshold.
class StallDetector {
 public:
  // The loops have LoopOptions::observe and outlive it. Errors: kFailedPrecondition for a loop that
  // is not observed, kInvalidArgument for a threshold below a millisecond or no report,
  // kResourceExhausted without a thread.
  static absl::StatusOr<std::unique_ptr<StallDetector>> watch(std::vector<NamedLoop> loops,
                                                              StallOptions options);

  StallDetector(const StallDetector&) = delete;
  StallDetector& operator=(const StallDetector&) = delete;
  // Waits for a report that is being made just now.
  ~StallDetector();

 private:
  class Watch;

  explicit StallDetector(std::unique_ptr<Watch> watch) noexcept;

  std::unique_ptr<Watch> watch_;
};

}  // namespace rondo
