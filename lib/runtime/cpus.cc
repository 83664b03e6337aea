// SPDX-License-Identifier: MIT
#include "rondo/runtime/cpus.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace rondo {
namespace {

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "QUOTA PERIOD" in microseconds; "max" or -1 is no limit.
std::optional<double> quota_of(const std::string& quota, const std::string& period) {
  double granted = 0;
  double of = 0;
  if (!absl::SimpleAtod(quota, &granted) || !absl::SimpleAtod(period, &of)) return {};
  if (granted <= 0 || of <= 0) return {};
  return granted / of;
}

std::optional<double> quota_in_v2(const std::string& folder) {
  const std::vector<std::string> words = absl::StrSplit(first_line_of(folder + "/cpu.max"), ' ');
  return words.size() == 2 ? quota_of(words[0], words[1]) : std::nullopt;
}

std::optional<double> quota_in_v1(const std::string& folder) {
  return quota_of(first_line_of(folder + "/cpu.cfs_quota_us"),
                  first_line_of(folder + "/cpu.cfs_period_us"));
}

// The least quota from the group at `path` below `mount` up to the mount itself. A process in a
// container may see a path that exists outside only; then the mount is its own group.
template <class Read>
std::optional<double> least_quota(const std::string& mount, std::string path, Read read) {
  std::optional<double> least;
  for (;;) {
    const std::optional<double> quota = read(mount + path);
    if (quota && (!least || *quota < *least)) least = quota;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return least;
    path.resize(slash);
  }
}

// A set of `cpus` CPUs, which may be more than a cpu_set_t holds.
struct CpuSet {
  explicit CpuSet(int cpus) noexcept : size(CPU_ALLOC_SIZE(cpus)), set(CPU_ALLOC(cpus)) {
    if (set != nullptr) CPU_ZERO_S(size, set);
  }
  CpuSet(const CpuSet&) = delete;
  CpuSet& operator=(const CpuSet&) = delete;
  ~CpuSet() { CPU_FREE(set); }

  std::size_t size;
  cpu_set_t* set;
};

}  // namespace

std::vector<int> usable_cpus() {
  std::vector<int> usable;
  // EINVAL: the kernel knows of more CPUs than fit (man 2 sched_setaffinity).
  for (int most = 1024; most <= 1 << 20; most *= 4) {
    CpuSet cpus(most);
    if (cpus.set == nullptr) break;
    if (::sched_getaffinity(0, cpus.size, cpus.set) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    for (int cpu = 0; cpu < most; ++cpu) {
      if (CPU_ISSET_S(static_cast<unsigned>(cpu), cpus.size, cpus.set)) usable.push_back(cpu);
    }
    break;
  }
  if (usable.empty()) usable.push_back(0);
  return usable;
}

std::optional<double> cgroup_cpu_quota(const std::string& root) {
  std::optional<double> least;
  const auto consider = [&least](std::optional<double> quota) {
    if (quota && (!least || *quota < *least)) least = quota;
  };
  const std::string mount = root + "/sys/fs/cgroup";
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    // HIERARCHY:CONTROLLERS:PATH; version 2 has hierarchy 0 and no controllers.
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::string path = parts[2] == "/" ? "" : parts[2];
    if (parts[1].empty()) {
      consider(least_quota(mount, path, quota_in_v2));
      consider(least_quota(mount + "/unified", path, quota_in_v2));
      continue;
    }
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (std::find(controllers.begin(), controllers.end(), "cpu") == controllers.end()) continue;
    consider(least_quota(mount + "/" + parts[1], path, quota_in_v1));
    consider(least_quota(mount + "/cpu", path, quota_in_v1));
  }
  return least;
}

std::size_t cpu_allowance(std::size_t usable, std::optional<double> quota) noexcept {
  std::size_t allowed = std::max<std::size_t>(usable, 1);
  if (quota && *quota < static_cast<double>(allowed)) {
    allowed = static_cast<std::size_t>(std::max(std::ceil(*quota), 1.0));
  }
  return allowed;
}

std::size_t cpu_allowance() { return cpu_allowance(usable_cpus().size(), cgroup_cpu_quota()); }

Result<void> pin_to_cpu(int cpu) noexcept {
  if (cpu < 0) return Error::from_errno(EINVAL);
  const CpuSet cpus(cpu + 1);
  if (cpus.set == nullptr) return Error::from_errno(ENOMEM);
  CPU_SET_S(static_cast<unsigned>(cpu), cpus.size, cpus.set);
  if (::sched_setaffinity(0, cpus.size, cpus.set) != 0) return Error::from_errno(errno);
  return {};
}

void name_thread(std::string_view name) noexcept {
  constexpr std::size_t kMost = 15;  // TASK_COMM_LEN without the NUL
  char text[kMost + 1] = {};
  name.copy(text, kMost);
  ::pthread_setname_np(::pthread_self(), text);
}

}  // namespace rondo
