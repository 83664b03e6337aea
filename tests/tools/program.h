// SPDX-License-Identifier: MIT
// One of the programs, run by a test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "rondo/base/fd.h"

namespace rondo::tools {

// Runs a program of this build and ends with it: what still runs then is killed.
class Program {
 public:
  // `name` as in "rondo-echo"; what it prints is kept in two pipes.
  Program(const std::string& name, std::vector<std::string> arguments);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // The next line of its output, without the end of the line; waits for it. Empty at the end.
  std::string line();
  void signal(int number);

  struct Ending {
    int exit_code;  // -1 when a signal ended it
    std::string output;
    std::string errors;
  };
  // Waits for its end and gives what it has printed since.
  Ending wait();

 private:
  pid_t pid_ = -1;  // -1 once it has been waited for
  Fd output_;
  Fd errors_;
};

}  // namespace rondo::tools
