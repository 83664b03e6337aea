// SPDX-License-Identifier: MIT
// The ladder of what io_uring can be on a machine: top, coop, plain; each with more or less.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "kernel/uring/form.h"
#include "rondo/kernel/uring_options.h"

namespace rondo {

struct UringStanding {
  UringForm form;
  std::string reason;  // what the form is and why it is not more, in one line
};

// The highest rung that passes the self-test, with as much of what is wanted as works there. A rung
// that is named is the only one that is tried. The error says in one line which call was refused,
// with which errno, and why that may be: EPERM by a seccomp filter or the sysctl
// kernel.io_uring_disabled, ENOSYS and EINVAL by an old kernel, and so on.
absl::StatusOr<UringStanding> climb_uring(const UringOptions& wanted);

}  // namespace rondo
