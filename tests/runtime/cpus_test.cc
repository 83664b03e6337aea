// SPDX-License-Identifier: MIT
#include "rondo/runtime/cpus.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace rondo {
namespace {

namespace fs = std::filesystem;

// A machine's /proc and /sys, as far as they tell of cgroups.
class Machine {
 public:
  Machine() : root_(fs::temp_directory_path() / ("rondo-cpus-" + std::to_string(::getpid()))) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const fs::path file = root_.string() + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<double> quota() const { return cgroup_cpu_quota(root_.string()); }

 private:
  fs::path root_;
};

TEST(CgroupCpuQuota, there_is_none_without_cgroups_or_without_a_limit) {
  const Machine machine;
  EXPECT_EQ(machine.quota(), std::nullopt);
  machine.write("/proc/self/cgroup", "0::/user.slice\n");
  EXPECT_EQ(machine.quota(), std::nullopt);
  machine.write("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
  EXPECT_EQ(machine.quota(), std::nullopt);
}

TEST(CgroupCpuQuota, version_2_gives_the_least_on_the_way_to_the_root) {
  const Machine machine;
  machine.write("/proc/self/cgroup", "0::/a/b\n");
  machine.write("/sys/fs/cgroup/a/b/cpu.max", "350000 100000\n");
  EXPECT_EQ(machine.quota(), 3.5);
  machine.write("/sys/fs/cgroup/a/cpu.max", "50000 100000\n");
  EXPECT_EQ(machine.quota(), 0.5);
}

TEST(CgroupCpuQuota, in_a_container_the_mount_is_the_own_group) {
  const Machine machine;
  machine.write("/proc/self/cgroup", "0::/\n");
  machine.write("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(machine.quota(), 2);
  machine.write("/proc/self/cgroup", "0::/docker/that/exists/outside/only\n");
  EXPECT_EQ(machine.quota(), 2);
}

TEST(CgroupCpuQuota, version_1_has_it_in_two_files) {
  const Machine machine;
  machine.write("/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n0::/x\n");
  machine.write("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
  machine.write("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(machine.quota(), std::nullopt);
  machine.write("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(machine.quota(), 1.5);
}

TEST(CgroupCpuQuota, nonsense_is_no_limit) {
  const Machine machine;
  machine.write("/proc/self/cgroup", "0::/\nno colons here\n::\n");
  for (const char* text : {"", "1", "a b", "100 0", "0 100", "-5 100", "1 2 3"}) {
    machine.write("/sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(machine.quota(), std::nullopt) << text;
  }
}

TEST(CpuAllowance, a_quota_is_rounded_up_and_never_raises_it) {
  EXPECT_EQ(cpu_allowance(8, std::nullopt), 8u);
  EXPECT_EQ(cpu_allowance(8, 2.0), 2u);
  EXPECT_EQ(cpu_allowance(8, 2.1), 3u);
  EXPECT_EQ(cpu_allowance(8, 0.1), 1u);
  EXPECT_EQ(cpu_allowance(2, 16.0), 2u);
  EXPECT_EQ(cpu_allowance(0, std::nullopt), 1u);
}

TEST(UsableCpus, are_those_of_the_calling_threads_affinity) {
  const std::vector<int> all = usable_cpus();
  ASSERT_FALSE(all.empty());
  EXPECT_GE(cpu_allowance(), 1u);
  std::thread([&] {
    auto pinned = pin_to_cpu(all.back());
    EXPECT_TRUE(pinned) << pinned.error().message();
    EXPECT_EQ(usable_cpus(), std::vector<int>{all.back()});
    EXPECT_EQ(::sched_getcpu(), all.back());
  }).join();
  EXPECT_EQ(usable_cpus(), all);
}

TEST(PinToCpu, a_cpu_that_is_not_there_is_refused) {
  std::thread([] {
    EXPECT_EQ(pin_to_cpu(-1).error().number(), EINVAL);
    EXPECT_EQ(pin_to_cpu(100000).error().number(), EINVAL);
  }).join();
}

TEST(NameThread, long_names_are_cut) {
  std::thread([] {
    char name[32] = {};
    name_thread("rondo-sub-0");
    EXPECT_EQ(::pthread_getname_np(::pthread_self(), name, sizeof name), 0);
    EXPECT_STREQ(name, "rondo-sub-0");
    name_thread("a-name-of-more-than-fifteen-bytes");
    EXPECT_EQ(::pthread_getname_np(::pthread_self(), name, sizeof name), 0);
    EXPECT_STREQ(name, "a-name-of-more-");
  }).join();
}

}  // namespace
}  // namespace rondo
