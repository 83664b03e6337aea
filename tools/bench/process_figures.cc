// SPDX-License-Identifier: MIT
#include "process_figures.h"

#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "failure.h"

namespace rondo::bench {
namespace {

namespace fs = std::filesystem;

fs::path tasks_of(pid_t process) { return absl::StrCat("/proc/", process, "/task"); }

// The number behind `name` in a status file of /proc; 0 when it is not there.
std::uint64_t number_in(const fs::path& status, std::string_view name) {
  std::ifstream file(status);
  std::uint64_t value = 0;
  for (std::string word; file >> word;) {
    if (word == name && file >> value) return value;
  }
  return 0;
}

// Where a tracefs is mounted already, or is mounted for this process alone: in a child, whose
// mounts nobody else sees. 0 when neither is to be had.
std::uint64_t read_tracepoint(const char* path) {
  std::uint64_t id = 0;
  std::ifstream(path) >> id;
  return id;
}

std::uint64_t find_tracepoint() {
  constexpr const char* kPath = "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id";
  if (const std::uint64_t id = read_tracepoint(kPath)) return id;
  int ends[2];
  if (pipe(ends) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) {
    std::uint64_t id = 0;
    if (unshare(CLONE_NEWNS) == 0 && mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) == 0 &&
        mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, nullptr) == 0) {
      id = read_tracepoint(kPath);
    }
    _exit(write(ends[1], &id, sizeof id) == sizeof id ? 0 : 1);
  }
  std::uint64_t id = 0;
  close(ends[1]);
  if (child < 0 || read(ends[0], &id, sizeof id) != sizeof id) id = 0;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return id;
}

std::uint64_t tracepoint() {
  static const std::uint64_t id = find_tracepoint();
  return id;
}

int open_event(pid_t thread) {
  perf_event_attr event = {};
  event.type = PERF_TYPE_TRACEPOINT;
  event.size = sizeof event;
  event.config = tracepoint();
  event.inherit = 1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &event, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

std::string find_refusal() {
  if (tracepoint() == 0) return "no tracefs: it takes root, or one mounted on /sys/kernel/tracing";
  const int event = open_event(0);
  if (event < 0) return absl::StrCat("perf_event_open: ", std::strerror(errno));
  close(event);
  return "";
}

}  // namespace

ProcessFigures figures_of(pid_t process) {
  ProcessFigures figures;
  std::error_code error;
  for (const auto& task : fs::directory_iterator(tasks_of(process), error)) {
    ++figures.threads;
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    if (absl::StartsWith(name, "iou-wrk")) ++figures.io_workers;
    figures.switches += number_in(task.path() / "status", "voluntary_ctxt_switches:") +
                        number_in(task.path() / "status", "nonvoluntary_ctxt_switches:");
  }
  figures.resident = 1024 * number_in(absl::StrCat("/proc/", process, "/status"), "VmRSS:");
  if (error || figures.resident == 0) throw Failure("a server has died: it has no memory");
  return figures;
}

const std::string& SyscallCounter::refusal() {
  static const std::string why = find_refusal();
  return why;
}

SyscallCounter::SyscallCounter(pid_t process) {
  std::error_code error;
  for (const auto& task : fs::directory_iterator(tasks_of(process), error)) {
    pid_t thread = 0;
    if (!absl::SimpleAtoi(task.path().filename().string(), &thread)) continue;
    const int event = open_event(thread);
    if (event >= 0) events_.push_back(event);  // otherwise the thread has ended meanwhile
  }
  if (events_.empty()) throw Failure("the system calls of a server cannot be counted");
}

SyscallCounter::~SyscallCounter() {
  for (const int event : events_) close(event);
}

std::uint64_t SyscallCounter::count() const {
  std::uint64_t sum = 0;
  for (const int event : events_) {
    std::uint64_t value = 0;
    if (read(event, &value, sizeof value) == sizeof value) sum += value;
  }
  return sum;
}

}  // namespace rondo::bench
