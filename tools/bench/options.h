// SPDX-License-Identifier: MIT
// What the user asked for.
#pragma once

#include <string>
#include <vector>

#include "settings.h"

namespace rondo::bench {

enum class Command { kList, kRun, kAll, kCompare };

struct Options {
  Command command = Command::kList;
  std::vector<std::string> names;  // of scenarios to run, or the two files to compare
  std::vector<std::string> cells;  // only these; empty: all
  Settings settings;
  std::string folder;
  double time = 0;  // seconds; 0: as long as it takes
  bool fresh = false;
  bool times = false;
};

// Reads the command line; ends the process for --help and for bad usage. Throws Failure for names
// that there are not.
Options read_options(int argc, char** argv);

}  // namespace rondo::bench
