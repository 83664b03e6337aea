// SPDX-License-Identifier: MIT
// rondo-echo: the echo server, on any backend and in any topology.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include "connection.h"
#include "flags.h"
#include "options.h"
#include "ready_line.h"
#include "rondo/observe/inspector.h"
#include "rondo/observe/prometheus.h"
#include "rondo/observe/stall_detector.h"
#include "rondo/observe/task_dump.h"
#include "rondo/runtime/runtime.h"

namespace rondo::tools {
namespace {

absl::StatusOr<Service> serve(Runtime& runtime, const Address& address,
                              const EchoOptions& options) {
  if (options.runtime.topology == Topology::kPool) {
    return runtime.serve(address, [&pool = runtime.pool()](SocketStream stream) {
      return echo_offloaded(std::move(stream), pool);
    });
  }
  return runtime.serve(address, options.read == ReadMode::kReceive ? echo_received : echo_read);
}

void tell(std::string_view line) {
  absl::FPrintF(stderr, "rondo-echo: %s\n", absl::string_view(line.data(), line.size()));
}

void tell_of_stall(const Stall& stall) {
  const std::string task = stall.task.empty() ? "" : "task '" + stall.task + "', ";
  tell(absl::StrFormat("loop '%s' %s blocked for %.3f s by %sresumed from '%s', in %s", stall.loop,
                       stall.is_over ? "was" : "is",
                       absl::ToDoubleSeconds(absl::FromChrono(stall.blocked)), task,
                       stall.waited_for, stall.coroutine.empty() ? "?" : stall.coroutine));
}

int run(int argc, char** argv) {
  EchoOptions options = read_options(argc, argv);
  options.runtime.incidents.log = tell;
  auto created = Runtime::create(std::move(options.runtime));
  if (!created.ok()) return failure(created.status());
  Runtime& runtime = **created;
  std::unique_ptr<TaskDump> dump;
  std::unique_ptr<Inspector> inspector;
  if (options.inspect.has_value()) {
    auto listening = Inspector::listen(*options.inspect, loops_of(runtime));
    if (!listening.ok()) return failure(listening.status());
    inspector = std::move(*listening);
    inspector->add("metrics", [loops = loops_of(runtime)] { return prometheus_text(loops); });
    auto dumping = TaskDump::on_signal(SIGUSR1, loops_of(runtime), [](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stderr);
    });
    if (!dumping.ok()) return failure(dumping.status());
    dump = std::move(*dumping);
  }
  std::unique_ptr<StallDetector> stalls;
  if (options.observe) {
    auto watching = StallDetector::watch(loops_of(runtime), {.report = tell_of_stall});
    if (!watching.ok()) return failure(watching.status());
    stalls = std::move(*watching);
  }
  std::vector<Service> services;
  for (const Address& address : options.listen) {
    auto service = serve(runtime, address, options);
    if (!service.ok()) return failure(service.status());
    services.push_back(*service);
  }
  for (const Service& service : services) {
    absl::PrintF("%s\n", ready_line(service.address, options, runtime));
  }
  // Whoever waits for the line must get it, and learn if it was lost.
  if (std::fflush(stdout) != 0) return failure("standard output cannot be written");
  const DrainReport report = runtime.run();
  tell(absl::StrFormat("drained in %.3f s: %d flushed, %d forced",
                       absl::ToDoubleSeconds(absl::FromChrono(report.took)), report.flushed,
                       report.forced));
  return 0;
}

}  // namespace
}  // namespace rondo::tools

int main(int argc, char** argv) { return rondo::tools::run(argc, argv); }
