// SPDX-License-Identifier: MIT
#include "machine.h"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <fstream>

#include <absl/strings/str_cat.h>

namespace rondo::tools {
namespace {

std::string text_of(rlim_t limit) {
  return limit == RLIM_INFINITY ? std::string("unlimited") : absl::StrCat(limit);
}

// The first word of a file of the kernel's.
std::string word_of(const char* path) {
  std::string word;
  std::ifstream(path) >> word;
  return word.empty() ? "none" : word;
}

}  // namespace

std::string kernel() {
  utsname names;
  if (::uname(&names) != 0) return "unknown";
  return absl::StrCat(names.sysname, " ", names.release, " ", names.machine);
}

std::vector<Limit> limits() {
  rlimit descriptors = {};
  rlimit locked = {};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  ::getrlimit(RLIMIT_MEMLOCK, &locked);
  return {
      {"nofile_soft", text_of(descriptors.rlim_cur), "descriptors that a process may have open"},
      {"nofile_hard", text_of(descriptors.rlim_max), "what ulimit -n may raise that to"},
      {"memlock_soft", text_of(locked.rlim_cur), "bytes locked; rings count before Linux 5.12"},
      {"memlock_hard", text_of(locked.rlim_max), "what ulimit -l may raise that to"},
      {"somaxconn", word_of("/proc/sys/net/core/somaxconn"), "longest backlog of a listener"},
      {"io_uring_disabled", word_of("/proc/sys/kernel/io_uring_disabled"),
       "0: for all, 1: for a group, 2: for nobody"},
  };
}

}  // namespace rondo::tools
