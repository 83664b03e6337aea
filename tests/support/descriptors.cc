// SPDX-License-Identifier: MIT
#include "support/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "kernel/sim/network.h"
#include "rondo/base/assert.h"
#include "rondo/base/simulated.h"

namespace rondo {

std::map<int, std::string> open_descriptors() {
  std::map<int, std::string> found;
  DIR* folder = ::opendir("/proc/self/fd");
  require(folder != nullptr, "/proc/self/fd cannot be read");
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    const int fd = std::atoi(entry->d_name);
    if (fd == ::dirfd(folder)) continue;
    char target[PATH_MAX];
    const std::string link = std::string("/proc/self/fd/") + entry->d_name;
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    found[fd] = size < 0 ? "gone" : std::string(target, static_cast<std::size_t>(size));
  }
  ::closedir(folder);
  return found;
}

std::vector<std::string> inheritable_descriptors() {
  std::vector<std::string> found;
  for (const auto& [fd, target] : open_descriptors()) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (fd > STDERR_FILENO && (flags & FD_CLOEXEC) == 0) found.push_back(target);
  }
  return found;
}

// The limit is on the number, and numbers are given out from the lowest free one: so the gaps are
// counted too.
DescriptorLimit::DescriptorLimit(int more) {
  if (SimNetwork* network = SimNetwork::of(kFirstSimulated)) {
    network->limit_open_sockets(network->open_sockets() + static_cast<std::size_t>(more));
    return;
  }
  rlimit limit{};
  require(::getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  before_ = limit.rlim_cur;
  const auto open = open_descriptors();
  int number = 0;
  for (; more > 0 || open.count(number) != 0; ++number) {
    if (open.count(number) == 0) --more;
  }
  limit.rlim_cur = static_cast<rlim_t>(number);
  require(::setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

void DescriptorLimit::use_up() {
  require(before_ != 0, "a simulated world has no descriptors to take");
  rlimit limit{};
  require(::getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  for (int number = 0; number < static_cast<int>(limit.rlim_cur); ++number) {
    while (::fcntl(number, F_GETFD) < 0) {
      // EBUSY: somebody is about to open it, or to give it up.
      if (::dup3(STDIN_FILENO, number, O_CLOEXEC) == number) taken_.push_back(number);
    }
  }
}

DescriptorLimit::~DescriptorLimit() {
  for (const int fd : taken_) ::close(fd);
  if (SimNetwork* network = SimNetwork::of(kFirstSimulated)) {
    network->limit_open_sockets(network->simulation().options.descriptors);
    return;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = before_;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace rondo
