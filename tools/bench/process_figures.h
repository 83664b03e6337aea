// SPDX-License-Identifier: MIT
// What the kernel tells of a running process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rondo::bench {

struct ProcessFigures {
  std::uint64_t switches = 0;  // of context, of all threads, voluntary or not
  std::uint64_t resident = 0;  // bytes
  int threads = 0;             // the kernel's workers for it included
  int io_workers = 0;          // of those: threads that io_uring makes for what would block
};

// Throws Failure when there is no such process.
ProcessFigures figures_of(pid_t process);

// Counts the system calls of a process by the tracepoint raw_syscalls:sys_enter. Every system call
// of the machine gets a little dearer meanwhile.
class SyscallCounter {
 public:
  // Why this machine does not allow it, in a few words; empty when it does.
  static const std::string& refusal();

  // Counts from now on, in all threads that `process` has and makes. Throws Failure.
  explicit SyscallCounter(pid_t process);
  ~SyscallCounter();
  SyscallCounter(const SyscallCounter&) = delete;
  SyscallCounter& operator=(const SyscallCounter&) = delete;

  std::uint64_t count() const;

 private:
  std::vector<int> events_;
};

}  // namespace rondo::bench
