// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "subject.h"
#include "workload.h"

namespace rondo::bench {

// What a cell over the network compares, and under which load.
struct WirePlan {
  Workload workload;
  double bursts = 0;        // per second; 0: a closed loop at full speed
  bool latencies = true;    // closed and open loop besides
  bool idle_share = false;  // what the servers take with nothing to do, besides
  std::vector<Subject> subjects;
  Subject reference;
};

}  // namespace rondo::bench
