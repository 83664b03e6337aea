// SPDX-License-Identifier: MIT
#include "rondo/observe/prometheus.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace rondo {
namespace {

struct Count {
  const char* name;
  const char* help;
  std::uint64_t LoopCounters::*value;
};

constexpr Count kCounts[] = {
    {"turns", "Turns of the loop.", &LoopCounters::turns},
    {"resumptions", "Operations, timers, mail and first steps whose turn came.",
     &LoopCounters::resumed},
    {"timers_expired", "Deadlines that passed.", &LoopCounters::timers},
    {"posts", "Mail that has come.", &LoopCounters::posts},
    {"wakes", "Sleeps that mail has ended.", &LoopCounters::wakes},
    {"system_calls", "System calls of the loop, its operations and its closes.",
     &LoopCounters::system_calls},
    {"waits", "System calls that may block.", &LoopCounters::waits},
    {"submissions", "io_uring entries, or changes of what is watched.", &LoopCounters::submissions},
    {"completions", "io_uring completions, or events.", &LoopCounters::completions},
    {"stale_events", "epoll events of descriptors that were gone.", &LoopCounters::stale_events},
    {"no_buffers", "io_uring receives without a buffer (ENOBUFS).", &LoopCounters::no_buffers},
    {"overflows", "Overflows of the io_uring completion queue.", &LoopCounters::overflows},
    {"received_bytes", "Bytes received.", &LoopCounters::bytes_received},
    {"sent_bytes", "Bytes sent.", &LoopCounters::bytes_sent},
};

constexpr std::array<Duration, 9> kEnds = {
    std::chrono::microseconds(10),  std::chrono::microseconds(100), std::chrono::milliseconds(1),
    std::chrono::milliseconds(5),   std::chrono::milliseconds(25),  std::chrono::milliseconds(100),
    std::chrono::milliseconds(500), std::chrono::seconds(5),        Duration::max()};

struct Times {
  const char* name;
  const char* help;
  const Histogram& (LoopStats::*histogram)() const noexcept;
};

constexpr Times kTimes[] = {
    {"turn_seconds", "From the return of a wait to the next one.", &LoopStats::turns},
    {"timer_lag_seconds", "How late timers were.", &LoopStats::lags},
};

// A label's value: backslash, quote and line feed are escaped.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') result += '\\';
    result += c;
  }
  return result;
}

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

// To the nanosecond: what grows by little after a long time must not be rounded away.
std::string exact_seconds(Duration time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  return absl::StrCat(whole.count(), ".", absl::Dec((time - whole).count(), absl::kZeroPad9));
}

void add_head(std::string& text, std::string_view name, std::string_view help,
              std::string_view type) {
  absl::StrAppend(&text, "# HELP rondo_", std::string(name), " ", std::string(help), "\n");
  absl::StrAppend(&text, "# TYPE rondo_", std::string(name), " ", std::string(type), "\n");
}

// The buckets are cumulative, and the count is the last of them: the histogram's own would have
// what has come since they were read, as if it had been longer than them all.
void add_histogram(std::string& text, const char* name, const std::string& label,
                   const Histogram& histogram) {
  const std::string family = absl::StrCat("rondo_", name);
  const auto counts = histogram.counts_up_to(kEnds);
  for (std::size_t i = 0; i + 1 < kEnds.size(); ++i) {
    absl::StrAppend(&text, family, "_bucket{", label, ",le=\"", seconds(kEnds[i]), "\"} ",
                    counts[i], "\n");
  }
  absl::StrAppend(&text, family, "_bucket{", label, ",le=\"+Inf\"} ", counts.back(), "\n");
  absl::StrAppend(&text, family, "_sum{", label, "} ", exact_seconds(histogram.sum()), "\n");
  absl::StrAppend(&text, family, "_count{", label, "} ", counts.back(), "\n");
}

}  // namespace

std::string prometheus_text(std::span<const NamedLoop> loops) {
  std::vector<std::string> labels;
  std::vector<LoopCounters> counters;
  for (const NamedLoop& each : loops) {
    labels.push_back(absl::StrCat("loop=\"", escaped(each.name), "\""));
    counters.push_back(each.loop->counters());
  }
  std::string text;
  for (const Count& count : kCounts) {
    add_head(text, absl::StrCat(count.name, "_total"), count.help, "counter");
    for (std::size_t i = 0; i < loops.size(); ++i) {
      absl::StrAppend(&text, "rondo_", count.name, "_total{", labels[i], "} ",
                      counters[i].*count.value, "\n");
    }
  }
  add_head(text, "closes_total", "Streams that were closed, by what they had come to.", "counter");
  for (std::size_t i = 0; i < loops.size(); ++i) {
    for (const CloseReason reason : kCloseReasons) {
      absl::StrAppend(&text, "rondo_closes_total{", labels[i], ",reason=\"",
                      std::string(name_of(reason)), "\"} ", counters[i].closed(reason), "\n");
    }
  }
  for (const Times& times : kTimes) {
    add_head(text, times.name, times.help, "histogram");
    for (std::size_t i = 0; i < loops.size(); ++i) {
      const LoopStats* stats = loops[i].loop->stats();
      if (stats != nullptr) add_histogram(text, times.name, labels[i], (stats->*times.histogram)());
    }
  }
  return text;
}

}  // namespace rondo
