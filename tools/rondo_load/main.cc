// SPDX-License-Identifier: MIT
// rondo-load: a load for echo servers. One loop on one thread.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <string>

#include <absl/status/status.h>
#include <absl/strings/str_format.h>

#include "flags.h"
#include "load.h"
#include "options.h"
#include "report.h"
#include "rondo/loop/loop.h"

namespace rondo::tools {
namespace {

std::atomic<Loop*> stopped_by_signal{nullptr};

void stop_loop(int) {
  if (Loop* loop = stopped_by_signal.load()) loop->stop();
}

// The first signal ends the run and what was measured is printed; the second one ends the process.
void stop_on_signals(Loop& loop) {
  stopped_by_signal = &loop;
  struct sigaction action {};
  action.sa_handler = stop_loop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

// Makes room for one descriptor per connection.
absl::Status raise_descriptor_limit(std::size_t connections) {
  constexpr rlim_t kOwn = 32;  // standard streams, the loop's
  const rlim_t needed = connections + kOwn;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return absl::OkStatus();
  if (limit.rlim_max < needed) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d connections need %d descriptors, and the hard limit is %d (ulimit -Hn)",
                        connections, needed, limit.rlim_max));
  }
  limit.rlim_cur = needed;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return absl::OkStatus();
}

int main(int argc, char** argv) {
  const LoadOptions options = read_options(argc, argv);
  if (const auto room = raise_descriptor_limit(options.connections); !room.ok()) {
    return failure(std::string(room.message()));
  }
  // The kernel may end a wait 50 us late by default: too much for requests that are due.
  if (options.open_loop()) ::prctl(PR_SET_TIMERSLACK, 1);

  auto loop = Loop::create({.backend = options.backend, .trigger = options.trigger});
  if (!loop.ok()) return failure(std::string(loop.status().message()));
  Load load(options);
  stop_on_signals(**loop);
  (*loop)->spawn([&load] { return load.run(); });
  (*loop)->run();
  stopped_by_signal = nullptr;

  const LoadResult result = std::move(load).result();
  if (result.failure.empty() || result.answers > 0) {
    const auto report = options.json ? json_report : text_report;
    std::fputs(report(options, (*loop)->backend_choice(), result).c_str(), stdout);
    std::fflush(stdout);
  }
  return result.failure.empty() ? 0 : failure(result.failure);
}

}  // namespace
}  // namespace rondo::tools

int main(int argc, char** argv) { return rondo::tools::main(argc, argv); }
