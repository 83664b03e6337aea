// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::bench {

// A child process, pinned to cores, with its standard input, output and error in our hands. It
// is ended, by its id, when this object dies, and by the kernel when we do. Everything throws
// Failure; that of a process which has died quotes the last line of its standard error.
class Process {
 public:
  // No cores: wherever we may run.
  Process(const std::vector<std::string>& command, const std::vector<int>& cores);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its output without the line end. Throws when none comes within `patience`, and
  // when the process has died instead.
  std::string read_line(std::chrono::milliseconds patience);

  // Waits until it prints something, at most so long: a sleep that an interrupt ends.
  void await_output(std::chrono::milliseconds patience) const;

  // All of its output. Throws also when it ends otherwise than with status 0.
  std::string read_all(std::chrono::milliseconds patience);

  void write_line(std::string_view line);

  // Throws, saying how it ended, when the process has died, or does within `patience`.
  void require_alive(std::chrono::milliseconds patience = {});

  // Stops it from running, and lets it run again; for one that would spin while others are
  // measured.
  void rest();
  void wake();

  pid_t id() const { return pid_; }
  const std::string& name() const { return name_; }

  // Processor time of all its threads so far: exact, unlike the sampled times in /proc.
  double cpu_seconds() const;

 private:
  // Appends what it prints next to `unread_`; false at the end of its output. Throws when nothing
  // comes before `deadline`, which is `patience` after the call of whoever asks.
  bool read_more(std::chrono::steady_clock::time_point deadline,
                 std::chrono::milliseconds patience);
  [[noreturn]] void fail_as_dead();
  [[noreturn]] void fail_with(int status);
  std::string last_complaint() const;

  std::string name_;
  pid_t pid_ = -1;  // -1: reaped
  int input_ = -1;
  int output_ = -1;
  int complaints_ = -1;  // a file in memory: a pipe that nobody reads would fill
  std::string unread_;
};

}  // namespace rondo::bench
