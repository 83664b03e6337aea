// SPDX-License-Identifier: MIT
#include "contestant.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include "failure.h"
#include "machine.h"
#include "port.h"

namespace rondo::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartPatience{10'000};
// A server on poll looks at all connections for each that it accepts.
constexpr milliseconds kConnectPatience{20'000};
constexpr milliseconds kConnectPatiencePerThousand{6000};
constexpr milliseconds kDrainPatience{20'000};  // beyond the length of a window
// From the end of a server's connections to its own. A server that died is the reason, the load's
// failure only the sign.
constexpr milliseconds kDeathPatience{300};

// Lets the server finish what no reply waits for, such as closing the last connections.
constexpr timespec kSettling = {.tv_sec = 0, .tv_nsec = 3'000'000};

// Starts the server and gives the command of the load for it: the load has to know the address.
std::vector<std::string> load_command(Process& server, int chosen_port, const Programs& programs,
                                      const Workload& workload, bool udp) {
  std::vector<std::string> command = {
      programs.raw("load"),
      chosen_port == 0 ? listening_address(server, kStartPatience)
                       : await_port(server, chosen_port, kStartPatience),
      "--control",
      absl::StrCat("--connections=", workload.connections),
      absl::StrCat("--size=", workload.bytes),
      absl::StrCat("--depth=", workload.depth),
      absl::StrCat("--idle=", workload.idle),
  };
  if (workload.churn) command.push_back("--churn");
  if (udp) command.push_back("--udp");
  return command;
}

}  // namespace

Cores choose_cores() {
  cpu_set_t allowed;
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) throw Failure("no processor affinity");
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<unsigned>(core), &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2) throw Failure("two cores are needed, one for the server and one for load");
  Cores chosen = {.server = cores[0], .load = cores[1], .threads = cores};
  chosen.threads.erase(chosen.threads.begin() + 1);
  return chosen;
}

Contestant::Start Contestant::start_of(const Subject& subject) {
  Start start = {.command = subject.command};
  for (std::string& word : start.command) {
    if (word.find("PORT") == word.npos) continue;
    if (start.port == 0) start.port = choose_free_port();
    word = absl::StrReplaceAll(word, {{"PORT", absl::StrCat(start.port)}});
  }
  return start;
}

Contestant::Contestant(const Subject& subject, const Programs& programs, const Workload& workload,
                       const Cores& cores)
    : Contestant(start_of(subject), subject, programs, workload, cores) {}

Contestant::Contestant(const Start& start, const Subject& subject, const Programs& programs,
                       const Workload& workload, const Cores& cores)
    : server_(start.command, subject.threaded ? cores.threads : std::vector{cores.server}),
      load_(load_command(server_, start.port, programs, workload, subject.udp), {cores.load}),
      rests_(subject.spins) {
  try {
    const int thousands = (workload.connections + workload.idle) / 1000;
    const std::string line =
        load_.read_line(kConnectPatience + thousands * kConnectPatiencePerThousand);
    if (line != "ready") throw Failure(absl::StrCat("expected 'ready' from the load, got ", line));
  } catch (const Failure&) {
    server_.require_alive(kDeathPatience);
    throw;
  }
  if (rests_) server_.rest();
}

std::string Contestant::ask_load(const std::string& command, double seconds) {
  const milliseconds length{static_cast<std::int64_t>(seconds * 1000)};
  try {
    load_.write_line(command);
    return load_.read_line(length + kDrainPatience);
  } catch (const Failure&) {
    server_.require_alive(kDeathPatience);
    throw;
  }
}

Window Contestant::run_command(const std::string& command, double seconds) {
  if (rests_) server_.wake();
  const MachineTimes machine = machine_times();
  const std::uint64_t switches = figures().switches;
  const double before = server_.cpu_seconds();
  const std::string line = ask_load(command, seconds);
  nanosleep(&kSettling, nullptr);
  Window window = {};
  window.server_cpu = server_.cpu_seconds() - before;
  window.switches = figures().switches - switches;
  if (rests_) server_.rest();
  const int fields = std::sscanf(line.c_str(), "requests=%" SCNu64 " seconds=%lf rate=%*f cpu=%lf",
                                 &window.requests, &window.seconds, &window.load_cpu);
  if (fields != 3 || window.requests == 0 || window.server_cpu <= 0) {
    throw Failure(absl::StrCat("a window without a result: '", line, "'"));
  }
  const MachineTimes after = machine_times();
  window.other_cpu = std::max(0.0, after.busy - machine.busy - window.server_cpu - window.load_cpu);
  window.stolen_cpu = after.stolen - machine.stolen;
  return window;
}

Window Contestant::run(double seconds) {
  return run_command(absl::StrCat("go ", seconds), seconds);
}

Window Contestant::run_closed(double seconds) {
  return run_command(absl::StrCat("closed ", seconds), seconds);
}

Window Contestant::run_at_rate(double rate, double seconds) {
  return run_command(absl::StrCat("rate ", rate, " ", seconds), seconds);
}

Window Contestant::run_bursts(double hertz, double seconds) {
  return run_command(absl::StrCat("bursts ", hertz, " ", seconds), seconds);
}

Latencies Contestant::take_latencies() {
  Latencies found = {};
  const std::string line = ask_load("latencies", 0);
  const int fields =
      std::sscanf(line.c_str(), "latencies=%" SCNu64 " p50=%lf p90=%lf p99=%lf p999=%lf max=%lf",
                  &found.count, &found.p50, &found.p90, &found.p99, &found.p999, &found.most);
  if (fields != 6 || found.count == 0) {
    throw Failure(absl::StrCat("no latencies from the load: '", line, "'"));
  }
  return found;
}

double Contestant::idle_share(double seconds) {
  using Seconds = std::chrono::duration<double>;
  if (rests_) server_.wake();
  const auto start = std::chrono::steady_clock::now();
  const double before = server_.cpu_seconds();
  server_.await_output(std::chrono::duration_cast<milliseconds>(Seconds(seconds)));
  const double cpu = server_.cpu_seconds() - before;
  const Seconds taken = std::chrono::steady_clock::now() - start;
  if (rests_) server_.rest();
  return cpu / taken.count();
}

double Contestant::count_syscalls(double seconds) {
  const SyscallCounter counter(server_.id());
  const Window window = run(seconds);
  return static_cast<double>(counter.count()) / static_cast<double>(window.requests);
}

}  // namespace rondo::bench
