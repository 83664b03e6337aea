// SPDX-License-Identifier: MIT
// The task tree on a signal, for a server whose terminal is all that there is.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/observe/snapshot.h"
#include "rondo/runtime/loop_thread.h"
#include "rondo/runtime/signals.h"

namespace rondo {

// While it lives, the signal makes it look at all these loops and give the trees' text to `sink`,
// on a thread of its own: so a loop that is stuck is reported and not waited for. The loops outlive
// it.
class TaskDump {
 public:
  using Sink = std::function<void(std::string_view text)>;

  // Errors: as Signals::open (the signal belongs to somebody else), or there is no thread to be
  // had.
  static absl::StatusOr<std::unique_ptr<TaskDump>> on_signal(int number,
                                                             std::vector<NamedLoop> loops,
                                                             Sink sink);

  TaskDump(const TaskDump&) = delete;
  TaskDump& operator=(const TaskDump&) = delete;
  // What the signal did before it does again. Waits for a sink that is called just now.
  ~TaskDump();

 private:
  TaskDump() noexcept;

  std::vector<NamedLoop> loops_;
  Sink sink_;
  std::unique_ptr<Signals> signals_;
  std::unique_ptr<LoopThread> thread_;
};

}  // namespace rondo
