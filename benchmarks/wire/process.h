// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::bench {

// A child process, pinned to one core, with its standard input and output in our hands; its
// standard error is ours. It is ended, by its id, when this object dies, and by the kernel when we
// do. Everything throws Failure.
class Process {
 public:
  Process(const std::vector<std::string>& command, int core);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its output without the line end. Throws when none comes within `patience`, and
  // when the process has died instead.
  std::string read_line(std::chrono::milliseconds patience);

  void write_line(std::string_view line);

  // Throws, saying how it ended, when the process has died.
  void require_alive();

  // Processor time of all its threads so far: exact, unlike the sampled times in /proc.
  double cpu_seconds() const;

 private:
  [[noreturn]] void fail_as_dead();

  std::string name_;
  pid_t pid_ = -1;  // -1: reaped
  int input_ = -1;
  int output_ = -1;
  std::string unread_;
};

}  // namespace rondo::bench
