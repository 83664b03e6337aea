// SPDX-License-Identifier: MIT
#include "measure.h"

#include <absl/strings/str_cat.h>

#include "failure.h"

namespace rondo::bench {

const std::vector<Measure>& all_measures() {
  using enum Better;
  static const std::vector<Measure> measures = {
      {"ratio", "to reference", "", "server CPU per request to the reference just before and after",
       kLess, 3},
      {"floor_ratio", "to its floor", "",
       "server CPU per request to the plain C loop over the same kernel interface", kLess, 3},
      {"cpu_us", "CPU", "us/req", "processor time of the server per request", kLess, 2, true},
      {"rate", "requests", "1/s", "requests answered per second in a closed loop", kMore, 0, true},
      {"closed_p50_us", "p50", "us", "latency in a closed loop that is woken by each reply", kLess,
       0, true},
      {"closed_p99_us", "p99", "us", "the same, of the slowest in a hundred", kLess, 0, true},
      {"open_p50_us", "open p50", "us",
       "latency from when each request was due, at half of the reference's requests per second",
       kLess, 0, true},
      {"open_p90_us", "open p90", "us", "the same, of the slowest in ten", kLess, 0, true},
      {"open_p99_us", "open p99", "us", "the same, of the slowest in a hundred", kLess, 0, true},
      {"open_p999_us", "p99.9", "us", "the same, of the slowest in a thousand", kLess, 0, true},
      {"open_max_us", "max", "us", "the same, of the slowest", kLess, 0, true},
      {"burst_p50_us", "burst p50", "us", "from the tick to the answer", kLess, 0, true},
      {"burst_p99_us", "burst p99", "us", "the same, of the slowest in a hundred", kLess, 0, true},
      {"burst_max_us", "burst max", "us", "the same, of the slowest", kLess, 0, true},
      {"stalled_us", "write-write-read", "us", "a request of two writes, until its answer", kLess,
       1, true},
      {"idle_bytes", "memory", "B/idle", "resident memory per idle connection", kLess, 0},
      {"ns", "time", "ns/op", "processor time of one operation", kLess, 1, true},
      {"late_us", "late", "us", "how late an operation was", kLess, 1, true},
      {"share", "fullest", "", "connections of the fullest loop to an even share", kLess, 2},
      {"syscalls", "calls", "/req", "system calls of the server per request", kLess, 2},
      {"switches", "switches", "/req", "context switches of the server per request", kLess, 3},
      {"rss_mib", "RSS", "MiB", "resident memory of the server", kLess, 1},
      {"threads", "threads", "", "threads of the server, the kernel's workers included", kNeither,
       0},
      {"io_workers", "io-wq", "", "of those, threads that io_uring made for what would block",
       kLess, 0},
      {"idle_share", "idle", "%", "of its core, taken with nothing to do", kLess, 0},
      {"server_share", "server", "%", "of its core", kNeither, 0, true},
      {"load_share", "load", "%", "of its core; near 100 the load was the limit", kNeither, 0,
       true},
      {"other_share", "others", "%", "of one core, taken by anything else", kNeither, 0, true},
      {"stolen_share", "steal", "%", "of one core, taken by the host", kNeither, 0, true},
  };
  return measures;
}

const Measure& measure_named(std::string_view key) {
  for (const Measure& measure : all_measures()) {
    if (measure.key == key) return measure;
  }
  throw Failure(absl::StrCat("there is no measure '", std::string(key), "'"));
}

}  // namespace rondo::bench
