// SPDX-License-Identifier: MIT
// What this machine offers to a loop, found out by doing it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/uring_options.h"

namespace rondo {

struct BackendCapability {
  BackendKind kind;
  bool usable;
  std::string reason;  // what a loop on it would say, or why there can be none
};

// One thing that io_uring may have or not.
struct UringCapability {
  std::string group;  // "setup flag", "feature bit", "opcode", "trial", "left out"
  std::string name;
  bool usable;
  std::string probe;  // how that was found out, and what was answered where that tells more
};

struct Capabilities {
  BackendChoice automatic;  // what kAuto takes now
  std::vector<BackendCapability> backends;
  std::vector<UringCapability> uring;  // empty where no ring can be had at all
};

// Opens one of everything and closes it again; takes some milliseconds. Any thread. RONDO_URING
// counts, as it does for a loop; the error is that it has an unknown word, or that there is no
// queue at all.
absl::StatusOr<Capabilities> find_capabilities(const UringOptions& uring = {});

}  // namespace rondo
