// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "contestant.h"
#include "subject.h"

namespace rondo::bench {

// How a run measures; the same for all of its cells.
struct Settings {
  Programs programs;
  Cores cores;
  int rounds = 7;                 // windows of each subject per cell
  int starts = 1;                 // of each server per cell; the windows are divided among them
  double window = 0.3;            // seconds
  int latency_rounds = 3;         // further windows that tell latencies
  bool quick = false;             // the cells that say most, the subjects that differ most
  std::vector<std::string> only;  // subjects; empty: all
  std::vector<Subject> further;   // servers of the user's own
};

}  // namespace rondo::bench
