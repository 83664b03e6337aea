// SPDX-License-Identifier: MIT
// Which CPUs this process may really use, and which thread runs where.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/base/result.h"

namespace rondo {

// The CPUs that the calling thread may run on (sched_getaffinity), by number, ascending; never
// empty.
std::vector<int> usable_cpus();

// How much processor time a cgroup grants this process, in CPUs: 1.5 for 150 ms in each 100 ms.
// The least that a group on the way to the root grants; both cgroup versions. Nothing when there is
// no such limit. `root` stands before /proc and /sys, for tests.
std::optional<double> cgroup_cpu_quota(const std::string& root = "");

// How many threads can run at the same time: usable_cpus(), or the quota rounded up where that is
// less. At least 1.
std::size_t cpu_allowance();
std::size_t cpu_allowance(std::size_t usable, std::optional<double> quota) noexcept;

// Lets the calling thread run on this CPU only. EINVAL for one that it may not use.
Result<void> pin_to_cpu(int cpu) noexcept;

// What /proc/PID/task/TID/comm says of the calling thread; cut after 15 bytes.
void name_thread(std::string_view name) noexcept;

}  // namespace rondo
