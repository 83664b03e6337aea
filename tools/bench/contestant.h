// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "process.h"
#include "process_figures.h"
#include "subject.h"
#include "workload.h"

namespace rondo::bench {

// Where things run: the server alone on one core, its load alone on another.
struct Cores {
  int server = 0;
  int load = 1;
  std::vector<int> threads = {0};  // of a server that has many: all but the load's
};

// Of those that this process may use, the first for the server, the second for the load. Throws
// Failure when there is only one.
Cores choose_cores();

// One stretch of load on one server.
struct Window {
  std::uint64_t requests;
  double seconds;
  double server_cpu;  // seconds
  double load_cpu;    // seconds
  double other_cpu;   // seconds that anything else took from the cores, what the host stole too
  double stolen_cpu;  // seconds, of those
  std::uint64_t switches;  // of context, in the server

  double cpu_per_request() const { return server_cpu / static_cast<double>(requests); }
};

// In ns.
struct Latencies {
  std::uint64_t count;
  double p50, p90, p99, p999, most;
};

// A server that has been started and the load that is connected to it. Between two windows both
// sleep, so several contestants can take turns. Everything throws Failure when the server or the
// load dies and when an echo is not what was sent.
class Contestant {
 public:
  Contestant(const Subject& subject, const Programs& programs, const Workload& workload,
             const Cores& cores);

  // Closed loop at full speed, for what the server costs.
  Window run(double seconds);

  // Windows whose latencies are kept: closed loop; `rate` requests per second in all; `hertz`
  // bursts per second of one request on each connection.
  Window run_closed(double seconds);
  Window run_at_rate(double rate, double seconds);
  Window run_bursts(double hertz, double seconds);

  // Those of all windows that kept theirs since the last call.
  Latencies take_latencies();

  // System calls per request over one window. Takes SyscallCounter::refusal() to be empty.
  double count_syscalls(double seconds);

  // What part of its core the server takes while nothing is asked of it.
  double idle_share(double seconds);

  // What the server holds now.
  ProcessFigures figures() const { return figures_of(server_.id()); }

 private:
  struct Start {
    std::vector<std::string> command;
    int port = 0;  // that was put into the command; 0: the server chooses
  };
  static Start start_of(const Subject& subject);
  Contestant(const Start& start, const Subject& subject, const Programs& programs,
             const Workload& workload, const Cores& cores);

  Window run_command(const std::string& command, double seconds);
  // The line in which the load tells what it did.
  std::string ask_load(const std::string& command, double seconds);

  Process server_;
  Process load_;
  bool rests_;  // must be kept from running between windows
};

}  // namespace rondo::bench
