// SPDX-License-Identifier: MIT
// Which kernel queue a loop gets.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/uring_options.h"

namespace rondo {

struct ChosenBackend {
  BackendChoice choice;
  std::unique_ptr<Backend> backend;
};

// Opens what was asked for. kAuto tries io_uring first, by doing what it will have to do, then
// epoll. An explicit kind that cannot be had is an error with its reason, never a silent fallback.
absl::StatusOr<ChosenBackend> choose_backend(BackendKind kind, Trigger trigger,
                                             const UringOptions& uring);

}  // namespace rondo
