// SPDX-License-Identifier: MIT
// Asking a server's Inspector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "rondo/coro/task.h"
#include "rondo/net/unix_address.h"
#include "rondo/observe/loop_state.h"

namespace rondo::tools {

// What the server said at one moment.
struct Sample {
  TimePoint time = {};
  std::vector<LoopState> loops;
  std::vector<std::string> waiting;  // the tasks that have waited longest, a line each
};

// Errors, in one line: nobody listens there; it does not answer within five seconds; what it
// answers is no Inspector's.
Task<absl::StatusOr<Sample>> take_sample(UnixAddress server, std::size_t most_waiting);

}  // namespace rondo::tools
