// SPDX-License-Identifier: MIT
#include "scenario.h"

#include <absl/strings/str_cat.h>

#include "failure.h"
#include "scenarios.h"

namespace rondo::bench {

const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> scenarios = {
      {"echo",
       "Echo",
       "The same echo over one connection, 64 and 1000, pipelined, and with large messages. All "
       "servers run on one core, their load on another. A ratio of 1 is what the plain C loop on "
       "level-triggered epoll costs.",
       "ratio",
       ChartForm::kBars,
       "",
       {"ratio",         "floor_ratio",  "cpu_us",      "rate",        "closed_p50_us",
        "closed_p99_us", "open_p50_us",  "open_p90_us", "open_p99_us", "open_p999_us",
        "open_max_us",   "syscalls",     "switches",    "rss_mib",     "threads",
        "io_workers",    "server_share", "load_share",  "other_share", "stolen_share"},
       echo_cells},
      {"wake-cost",
       "What idle connections cost",
       "64 busy connections beside ever more silent ones. select and poll look at every descriptor "
       "in every call; epoll and io_uring are told which ones have something.",
       "cpu_us",
       ChartForm::kLines,
       "idle connections",
       {"cpu_us", "ratio", "floor_ratio", "rate", "syscalls", "rss_mib", "load_share",
        "other_share"},
       wake_cost_cells},
      {"trigger",
       "Level, edge and one-shot epoll",
       "One server, three ways to be told of the same bytes. Level-triggered epoll reports what is "
       "unread again at every wait, edge-triggered only what is new (also when new bytes come "
       "after "
       "a partial read), one-shot disarms after each report and has to be armed again by a call.",
       "ratio",
       ChartForm::kBars,
       "",
       {"ratio", "floor_ratio", "cpu_us", "rate", "closed_p50_us", "closed_p99_us", "syscalls",
        "switches", "load_share", "other_share"},
       trigger_cells},
      {"payload",
       "Size of the message",
       "64 connections with messages from 64 B to 1 MiB. What is small pays per call, what is "
       "large pays per byte; loopback has an MTU of 64 KiB, so no network card's limits show.",
       "ratio",
       ChartForm::kLines,
       "bytes per message",
       {"ratio", "floor_ratio", "cpu_us", "rate", "syscalls", "rss_mib", "load_share",
        "other_share"},
       payload_cells},
      {"accept",
       "New connections",
       "Connect, send, receive and close, 64 at a time. The client's part is dearer than the "
       "server's, so requests per second say more about the load; the server's CPU is what counts.",
       "ratio",
       ChartForm::kBars,
       "",
       {"ratio", "floor_ratio", "cpu_us", "rate", "closed_p50_us", "closed_p99_us", "syscalls",
        "switches", "threads", "load_share", "other_share"},
       accept_cells},
      {"tick-burst",
       "Bursts at a fixed rate",
       "The game workload: at each tick every client sends at the same moment. Latency counts from "
       "the tick; the server is nearly idle in between, so this is about waking and about the "
       "order in which a burst is served.",
       "burst_p99_us",
       ChartForm::kBars,
       "",
       {"burst_p50_us", "burst_p99_us", "burst_max_us", "cpu_us", "syscalls", "switches",
        "server_share", "other_share"},
       tick_burst_cells},
      {"memory",
       "Memory per idle connection",
       "Resident memory after so many connections have each echoed a byte, less that after 100 of "
       "them. What the kernel keeps for a socket is not in it.",
       "idle_bytes",
       ChartForm::kLines,
       "connections",
       {"idle_bytes", "rss_mib", "threads"},
       memory_cells},
      {"io-models",
       "Five models of I/O",
       "Blocking in one thread, in a thread per connection and in a pool of 64; non-blocking "
       "without "
       "waiting (spin); multiplexed (select, poll, epoll); driven by signals, over UDP, where "
       "alone "
       "a signal can mean only one thing; asynchronous (io_uring). Plain C, all on one core.",
       "ratio",
       ChartForm::kBars,
       "",
       {"ratio", "cpu_us", "rate", "closed_p50_us", "closed_p99_us", "open_p99_us", "syscalls",
        "switches", "rss_mib", "threads", "idle_share", "load_share", "other_share"},
       io_models_cells},
      {"nagle",
       "Write, write, read",
       "A request that is sent in two writes. Nagle's algorithm holds the second one back until "
       "the "
       "first is acknowledged, and the receiver delays its acknowledgement in the hope of sending "
       "an answer with it: both wait until the receiver's timer runs out.",
       "stalled_us",
       ChartForm::kBars,
       "",
       {"stalled_us"},
       nagle_cells},
      {"timers",
       "Timers",
       "What one timer costs among so many others that are pending, and how late a sleeping "
       "coroutine is. Nearly every timeout is armed and cancelled; few expire.",
       "ns",
       ChartForm::kLines,
       "pending timers",
       {"ns", "late_us"},
       timers_cells},
      {"coroutine",
       "Coroutines",
       "The library without the kernel: calling a task, suspending and resuming, the memory of "
       "frames, the queue of what is ready, and an empty turn of the loop on each backend.",
       "ns",
       ChartForm::kBars,
       "",
       {"ns"},
       coroutine_cells},
      {"post",
       "Between threads",
       "Messages from other threads to one: through the loop's lock-free mailbox, or a deque under "
       "a "
       "mutex; and waking a thread that sleeps and being woken by it, through a loop, an eventfd, "
       "io_uring's MSG_RING or a condition variable.",
       "ns",
       ChartForm::kBars,
       "",
       {"ns"},
       post_cells},
      {"topologies",
       "Topologies",
       "64 connections x 64 B: one loop for everything; one loop and a pool of threads that "
       "compute; "
       "one loop that accepts and loops that serve; loops that accept for themselves; one loop on "
       "io_uring, which completes instead of telling readiness. The handler answers at once, or "
       "computes for a millisecond. Where a server has one core, several threads can only cost.",
       "rate",
       ChartForm::kBars,
       "",
       {"rate", "cpu_us", "closed_p50_us", "closed_p99_us", "open_p99_us", "switches", "threads",
        "rss_mib", "server_share", "load_share", "other_share"},
       topologies_cells},
      {"threads",
       "Number of threads",
       "Ever more loops, or threads that compute. More than there are cores for should bring "
       "nothing: the place where the lines stop rising is the knee.",
       "rate",
       ChartForm::kLines,
       "threads that serve",
       {"rate", "cpu_us", "switches", "threads", "rss_mib", "server_share", "load_share",
        "other_share"},
       threads_cells},
      {"chooser",
       "Choosing a loop",
       "Connections that come and go, most of them short and a few very long, are given to loops "
       "by "
       "each of rondo's choosers. The number is what the fullest loop holds to an even share, over "
       "the whole time: 1 would be perfect. The arrivals are invented, the same for all.",
       "share",
       ChartForm::kLines,
       "loops",
       {"share", "ns"},
       chooser_cells},
  };
  return scenarios;
}

const Scenario& scenario_named(std::string_view name) {
  std::string names;
  for (const Scenario& scenario : all_scenarios()) {
    if (scenario.name == name) return scenario;
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(scenario.name));
  }
  throw Failure(absl::StrCat("no scenario '", std::string(name), "'; there are ", names));
}

}  // namespace rondo::bench
