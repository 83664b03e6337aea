// SPDX-License-Identifier: MIT
#pragma once

namespace rondo::bench {

// Seconds that all cores together have been busy since boot, time stolen by the host included.
// Sampled by the kernel's tick, so only good for windows of a tenth of a second and more. Throws
// Failure.
double busy_seconds();

}  // namespace rondo::bench
