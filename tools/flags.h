// SPDX-License-Identifier: MIT
// Command lines of the programs: Abseil's flags, with one line and exit code 2 for a wrong one.
#pragma once

#include <string_view>

#include <absl/status/status.h>

namespace rondo::tools {

// Reads `--name=value`, `--name value`, `--switch` and `--noswitch` into the program's ABSL_FLAGs.
// A flag that is a list of strings or TextsFlag may be given several times and adds up; of others
// the last one counts. `--help` prints `usage` (some lines about the program) and every flag, and
// ends the process with 0; an unknown flag, a bad value and a stray argument end it with bad_usage.
void parse_flags(int argc, char** argv, std::string_view usage);

// Says on stderr that --`name`, if it is not what it is by default, has no effect with `what`.
void note_no_effect(std::string_view name, std::string_view what);

// Prints "PROGRAM: why (see --help)" on stderr and ends the process with exit code 2.
[[noreturn]] void bad_usage(std::string_view why);

// Prints "PROGRAM: why" on stderr and returns 1, for main to return.
int failure(std::string_view why);
int failure(const absl::Status& status);

}  // namespace rondo::tools
