// SPDX-License-Identifier: MIT
#include "contestant.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "failure.h"
#include "machine.h"

namespace rondo::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartPatience{5000};
constexpr milliseconds kConnectPatience{20'000};
constexpr milliseconds kDrainPatience{10'000};  // beyond the length of a window

// Lets the server finish what no reply waits for, such as closing the last connections.
constexpr timespec kSettling = {.tv_sec = 0, .tv_nsec = 3'000'000};

std::string endpoint_of(Process& server) {
  constexpr std::string_view kPrefix = "listening on ";
  const std::string line = server.read_line(kStartPatience);
  if (!line.starts_with(kPrefix)) {
    throw Failure("expected 'listening on HOST:PORT' from the server, got '" + line + "'");
  }
  return line.substr(kPrefix.size(), line.find(' ', kPrefix.size()) - kPrefix.size());
}

std::vector<std::string> load_command(const std::string& load, const std::string& endpoint,
                                      const Scenario& scenario) {
  std::vector<std::string> command = {
      load,
      endpoint,
      "--control",
      "--connections=" + std::to_string(scenario.connections),
      "--size=" + std::to_string(scenario.bytes),
      "--depth=" + std::to_string(scenario.depth),
      "--idle=" + std::to_string(scenario.idle),
  };
  if (scenario.churn) command.push_back("--churn");
  return command;
}

}  // namespace

Cores choose_cores() {
  cpu_set_t allowed;
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) throw Failure("no processor affinity");
  for (int core = 0; core < CPU_SETSIZE && cores.size() < 2; ++core) {
    if (CPU_ISSET(static_cast<unsigned>(core), &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2) throw Failure("two cores are needed, one for the server and one for load");
  return {.server = cores[0], .load = cores[1]};
}

Contestant::Contestant(const std::vector<std::string>& command, const std::string& load,
                       const Scenario& scenario, Cores cores)
    : server_(command, cores.server),
      load_(load_command(load, endpoint_of(server_), scenario), cores.load) {
  const std::string line = load_.read_line(kConnectPatience);
  if (line != "ready") throw Failure("expected 'ready' from the load, got '" + line + "'");
}

std::string Contestant::run_load(double seconds) {
  const milliseconds length{static_cast<int64_t>(seconds * 1000)};
  try {
    load_.write_line("go " + std::to_string(seconds));
    return load_.read_line(length + kDrainPatience);
  } catch (const Failure&) {
    server_.require_alive();  // a server that died is the reason, the load's end only the sign
    throw;
  }
}

Window Contestant::run(double seconds) {
  const double busy_before = busy_seconds();
  const double before = server_.cpu_seconds();
  const std::string line = run_load(seconds);
  nanosleep(&kSettling, nullptr);
  Window window = {};
  window.server_cpu = server_.cpu_seconds() - before;
  const int fields = std::sscanf(line.c_str(), "requests=%" SCNu64 " seconds=%lf rate=%*f cpu=%lf",
                                 &window.requests, &window.seconds, &window.load_cpu);
  if (fields != 3 || window.requests == 0 || window.server_cpu <= 0) {
    throw Failure("a window without a result: '" + line + "'");
  }
  const double busy = busy_seconds() - busy_before;
  window.other_cpu = std::max(0.0, busy - window.server_cpu - window.load_cpu);
  return window;
}

}  // namespace rondo::bench
