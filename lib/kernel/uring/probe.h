// SPDX-License-Identifier: MIT
// Whether io_uring does here what the backend needs, found out by doing it.
#pragma once

#include "absl/status/status.h"
#include "kernel/uring/form.h"

namespace rondo {

// On a small ring of its own: a request that does nothing, a wait that times out, a receive and,
// with multishot, an accept, all in the way of that form. Versions prove nothing: kernels are
// patched, and a seccomp filter may allow one of the calls and not the others. The error says what
// failed. Takes about 0.1 ms.
absl::Status probe_uring(const UringForm& form);

}  // namespace rondo
