// SPDX-License-Identifier: MIT
#include "machine.h"

#include <unistd.h>

#include <fstream>
#include <string>

#include "failure.h"

namespace rondo::bench {

MachineTimes machine_times() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  double user, nice, system, idle, iowait, irq, softirq, steal;
  file >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (!file) throw Failure("cannot read /proc/stat");
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {.busy = (user + nice + system + irq + softirq + steal) / ticks_per_second,
          .stolen = steal / ticks_per_second};
}

}  // namespace rondo::bench
