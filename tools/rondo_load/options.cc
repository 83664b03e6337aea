// SPDX-License-Identifier: MIT
#include "options.h"

#include <cstdint>
#include <string>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "flag_types.h"
#include "flags.h"

using rondo::tools::BackendFlag;
using rondo::tools::TimeFlag;
using rondo::tools::TriggerFlag;

ABSL_FLAG(std::string, target, "",
          "HOST:PORT, unix:/path or unix:@name of the echo server; required");
ABSL_FLAG(std::int64_t, connections, 64, "connections, all on one thread");
ABSL_FLAG(std::int64_t, size, 64, "bytes of a request");
ABSL_FLAG(std::int64_t, depth, 1,
          "requests in flight on each connection (pipelining); without --rate only");
ABSL_FLAG(TimeFlag, duration, TimeFlag{std::chrono::seconds(3)}, "how long to measure");
ABSL_FLAG(TimeFlag, warmup, TimeFlag{std::chrono::milliseconds(200)},
          "how long to run before that; not counted");
ABSL_FLAG(TimeFlag, patience, TimeFlag{std::chrono::seconds(5)},
          "how long to wait for what is unanswered at the end");
ABSL_FLAG(double, rate, 0,
          "requests per second in total, sent when they are due whatever is unanswered; latency "
          "counts from the due time. 0: each connection sends when an answer has come");
ABSL_FLAG(BackendFlag, backend, BackendFlag{}, "auto, io_uring, epoll, poll or select");
ABSL_FLAG(TriggerFlag, trigger, TriggerFlag{}, "edge, level or oneshot; epoll only");
ABSL_FLAG(bool, json, false, "print the result as one JSON object");
ABSL_FLAG(bool, quiet, false, "no progress on stderr");

namespace rondo::tools {
namespace {

constexpr std::string_view kUsage =
    "rondo-load: loads an echo server, checks every byte that comes back, and prints throughput\n"
    "and latency.\n"
    "\n"
    "  rondo-load --target=127.0.0.1:7000 --connections=1000 --size=64\n"
    "  rondo-load --target=127.0.0.1:7000 --rate=20000 --json\n"
    "  rondo-load --target=unix:/tmp/echo.sock\n"
    "\n"
    "Exit code: 0, or 1 when the run failed (refused, lost, wrong or unanswered), or 2 for a "
    "wrong\n"
    "command line. SIGINT and SIGTERM end the run early; what was measured is printed.";

std::size_t in_range(const char* name, std::int64_t value, std::int64_t most) {
  if (value < 1 || value > most) {
    bad_usage(absl::StrCat("--", name, "=", value, ": expected a number from 1 to ", most));
  }
  return static_cast<std::size_t>(value);
}

Address read_target(const std::string& text) {
  if (text.empty()) bad_usage("--target=HOST:PORT or unix:/path is required");
  auto target = Address::parse(text);
  if (!target.ok()) {
    const absl::string_view why = target.status().message();
    bad_usage(absl::StrCat("--target: ", why));
  }
  const Endpoint* endpoint = target->endpoint();
  if (endpoint != nullptr && endpoint->port() == 0) {
    bad_usage(absl::StrCat("--target=", text, ": port 0 is no server"));
  }
  const UnixAddress* unix_address = target->unix_address();
  if (unix_address != nullptr && unix_address->is_unnamed()) {
    bad_usage(absl::StrCat("--target=", text, ": a server has a name"));
  }
  return *target;
}

}  // namespace

LoadOptions read_options(int argc, char** argv) {
  parse_flags(argc, argv, kUsage);
  LoadOptions options{
      .target = read_target(absl::GetFlag(FLAGS_target)),
      .connections = in_range("connections", absl::GetFlag(FLAGS_connections), 1'000'000),
      .size = in_range("size", absl::GetFlag(FLAGS_size), 64 << 20),
      .depth = in_range("depth", absl::GetFlag(FLAGS_depth), 65'536),
      .duration = absl::GetFlag(FLAGS_duration).time,
      .warmup = absl::GetFlag(FLAGS_warmup).time,
      .patience = absl::GetFlag(FLAGS_patience).time,
      .rate = absl::GetFlag(FLAGS_rate),
      .backend = absl::GetFlag(FLAGS_backend).kind,
      .trigger = absl::GetFlag(FLAGS_trigger).trigger,
      .json = absl::GetFlag(FLAGS_json),
      .quiet = absl::GetFlag(FLAGS_quiet),
  };
  if (options.duration == Duration(0)) bad_usage("--duration: expected more than 0 s");
  if (!(options.rate == 0 || (options.rate >= 0.001 && options.rate <= 1e9))) {
    bad_usage(absl::StrCat("--rate=", options.rate,
                           ": expected 0, or a number from 0.001 to 1000000000"));
  }
  if (options.open_loop() && options.depth != 1) {
    bad_usage("--depth has no meaning with --rate: requests leave when they are due");
  }
  return options;
}

}  // namespace rondo::tools
