// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "process.h"
#include "scenario.h"

namespace rondo::bench {

// Where things run: the server alone on one core, its load alone on the other.
struct Cores {
  int server;
  int load;
};

// The first two cores this process may use. Throws Failure when there is only one.
Cores choose_cores();

// One stretch of load on one server.
struct Window {
  uint64_t requests;
  double seconds;
  double server_cpu;  // seconds
  double load_cpu;    // seconds
  double other_cpu;   // seconds that anything else took from the two cores

  double cpu_per_request() const { return server_cpu / static_cast<double>(requests); }
};

// A server that has been started and the load that is connected to it. Between two windows both
// sleep, so several contestants can take turns.
class Contestant {
 public:
  // `load` is the path of the raw load. Throws Failure when either does not come up.
  Contestant(const std::vector<std::string>& command, const std::string& load,
             const Scenario& scenario, Cores cores);

  // Throws Failure when the server or the load dies and when an echo is not what was sent.
  Window run(double seconds);

 private:
  // The line in which the load tells what it did.
  std::string run_load(double seconds);

  Process server_;
  Process load_;
};

}  // namespace rondo::bench
