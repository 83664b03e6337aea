// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "comparison.h"

namespace rondo::bench {

struct Options {
  Measure measure;
  std::vector<Scenario> scenarios;
  std::vector<Subject> subjects;
  std::string json;  // empty: none
};

// Prints the help and exits with 0 when asked to. Throws Failure when the arguments are wrong, and
// when a server or the load is not where it should be.
Options parse_options(int argc, char** argv);

}  // namespace rondo::bench
