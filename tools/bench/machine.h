// SPDX-License-Identifier: MIT
#pragma once

namespace rondo::bench {

// What all cores together have done since boot. Sampled by the kernel's tick, so only good for
// windows of a tenth of a second and more.
struct MachineTimes {
  double busy;    // seconds, stolen ones included
  double stolen;  // seconds in which the host ran something else
};

// Throws Failure.
MachineTimes machine_times();

}  // namespace rondo::bench
