// SPDX-License-Identifier: MIT
// A ring that can do what a loop needs and nothing else.
#pragma once

#include "absl/status/status.h"

namespace rondo {

class Ring;

// From enable() on the kernel refuses every request and every registration that the backend does
// not make (man 2 io_uring_register, IORING_REGISTER_RESTRICTIONS): who takes the process over can
// neither open files nor read memory of others by this ring. Only before enable(). Linux 5.10.
absl::Status restrict(Ring& ring) noexcept;

}  // namespace rondo
