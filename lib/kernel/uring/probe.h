// SPDX-License-Identifier: MIT
// Whether io_uring does here what the backend needs, found out by doing it.
#pragma once

#include "absl/status/status.h"

namespace rondo {

// On a small ring of its own: a request that does nothing, a wait that times out, and a multishot
// receive into a lent buffer. Versions prove nothing: kernels are patched, and a seccomp filter may
// allow one of the calls and not the others. The error says what failed. Takes about 0.1 ms.
absl::Status probe_uring();

}  // namespace rondo
