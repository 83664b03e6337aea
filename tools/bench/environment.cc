// SPDX-License-Identifier: MIT
#include "environment.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gnu/libc-version.h>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "process_figures.h"

namespace rondo::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTime = "time";

std::string first_line(const fs::path& path, const char* otherwise = "unknown") {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line.empty() ? otherwise : line;
}

// The text behind the colon of the first line of /proc/cpuinfo or /proc/meminfo that begins so.
std::string line_of(const char* path, const char* begin) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!absl::StartsWith(line, begin) || colon == line.npos) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return "unknown";
}

// The first line that a command prints; empty when it fails.
std::string answer_of(const std::string& command) {
  std::string answer;
  std::FILE* output = popen((command + " 2>/dev/null").c_str(), "r");
  if (output == nullptr) return answer;
  char bytes[512];
  if (std::fgets(bytes, sizeof bytes, output) != nullptr) answer = bytes;
  while (std::fgets(bytes, sizeof bytes, output) != nullptr) {
  }
  pclose(output);
  return std::string(absl::StripAsciiWhitespace(answer));
}

std::string kernel() {
  utsname names;
  if (uname(&names) != 0) return "unknown";
  return absl::StrCat(names.sysname, " ", names.release, " ", names.version, " ", names.machine);
}

std::string processor() {
  return absl::StrCat(
      sysconf(_SC_NPROCESSORS_ONLN), " x ", line_of("/proc/cpuinfo", "model name"),
      ", virtual machine: ",
      line_of("/proc/cpuinfo", "flags").find(" hypervisor") != std::string::npos ? "yes" : "no");
}

std::string mitigations() {
  std::vector<std::string> active;
  std::error_code error;
  for (const auto& each :
       fs::directory_iterator("/sys/devices/system/cpu/vulnerabilities", error)) {
    const std::string state = first_line(each.path());
    if (state != "Not affected") {
      active.push_back(absl::StrCat(each.path().filename().string(), ": ", state));
    }
  }
  std::sort(active.begin(), active.end());
  std::string text;
  for (const std::string& each : active) absl::StrAppend(&text, text.empty() ? "" : "; ", each);
  return text.empty() ? "none" : text;
}

std::string commit() {
  const std::string git = absl::StrCat("git -C ", RONDO_SOURCE_ROOT, " ");
  const std::string head = answer_of(git + "rev-parse --short=12 HEAD");
  if (head.empty()) return "unknown";
  const bool changed = !answer_of(git + "status --porcelain --untracked-files=no").empty();
  return changed ? head + " with changes" : head;
}

std::string packages() {
  std::string text;
  for (const char* name : {"liburing2", "libasio-dev", "libuv1-dev", "libevent-dev", "libev-dev",
                           "golang-go", "libnetty-java", "default-jdk-headless"}) {
    const std::string version =
        answer_of(absl::StrCat("dpkg-query -W -f='${db:Status-Status} ${Version}' ", name));
    if (!absl::StartsWith(version, "installed ")) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", version.substr(10));
  }
  return text.empty() ? "none known" : text;
}

std::string now() {
  char text[64] = {};
  const time_t seconds = time(nullptr);
  tm parts;
  gmtime_r(&seconds, &parts);
  strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

std::string descriptor_limit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return absl::StrCat(limit.rlim_max);
}

}  // namespace

Facts environment() {
  const std::string& refusal = SyscallCounter::refusal();
  return {
      {std::string(kTime), now()},
      {"commit", commit()},
      {"kernel", kernel()},
      {"processor", processor()},
      {"mitigations", mitigations()},
      {"governor",
       first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "none to be seen")},
      {"clock source",
       first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource")},
      {"memory", line_of("/proc/meminfo", "MemTotal")},
      {"congestion control", first_line("/proc/sys/net/ipv4/tcp_congestion_control")},
      {"descriptor limit", descriptor_limit()},
      {"io_uring disabled", first_line("/proc/sys/kernel/io_uring_disabled")},
      {"compiler", absl::StrCat(RONDO_COMPILER, " ", __VERSION__)},
      {"flags", RONDO_FLAGS},
      {"C library", gnu_get_libc_version()},
      {"packages", packages()},
      {"system calls", refusal.empty() ? "counted by the tracepoint raw_syscalls:sys_enter"
                                       : absl::StrCat("not counted: ", refusal)},
  };
}

bool same_place(const Facts& one, const Facts& other) {
  const auto differs = [](const auto& a, const auto& b) { return a != b && a.first != kTime; };
  return one.size() == other.size() &&
         std::mismatch(one.begin(), one.end(), other.begin(), [&](const auto& a, const auto& b) {
           return !differs(a, b);
         }).first == one.end();
}

std::string fact(const Facts& facts, std::string_view name) {
  for (const auto& [key, value] : facts) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace rondo::bench
