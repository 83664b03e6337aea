// SPDX-License-Identifier: MIT
#include "options.h"

#include <string>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "flag_types.h"
#include "flags.h"

using rondo::tools::BackendFlag;
using rondo::tools::TimeFlag;
using rondo::tools::TriggerFlag;

ABSL_FLAG(
    std::vector<std::string>, listen, {"127.0.0.1:7000"},
    "HOST:PORT, unix:/path or unix:@name (abstract) to listen on; may be given several times; port "
    "0 and unix:@ let the kernel choose. A path's file is removed at the end");
ABSL_FLAG(BackendFlag, backend, BackendFlag{}, "auto, io_uring, epoll, poll or select");
ABSL_FLAG(TriggerFlag, trigger, TriggerFlag{}, "edge, level or oneshot; epoll only");
ABSL_FLAG(std::string, read, "receive",
          "receive: into buffers of the loop, leased when bytes are there; span: into 16 KiB of "
          "each connection's own");
ABSL_FLAG(TimeFlag, drain, TimeFlag{std::chrono::seconds(5)},
          "how long connections may take to finish after SIGTERM or SIGINT");

namespace rondo::tools {
namespace {

constexpr std::string_view kUsage =
    "rondo-echo: sends back what it receives.\n"
    "\n"
    "  rondo-echo --listen=127.0.0.1:7000 --listen=[::1]:7000\n"
    "  rondo-echo --listen=unix:/run/echo.sock --listen=unix:@echo --backend=poll\n"
    "  rondo-echo --listen=127.0.0.1:0 --backend=epoll --trigger=level --read=span\n"
    "\n"
    "Prints a line `listening on ADDRESS backend=... trigger=...` for each address when it is\n"
    "ready. SIGTERM and SIGINT drain it: nothing new is accepted, what has arrived is sent back,\n"
    "and what is not done after --drain is cut; a second signal cuts at once.\n"
    "Exit code: 0, or 1 when it cannot serve, or 2 for a wrong command line.";

ReadMode read_mode(const std::string& text) {
  if (text == "receive") return ReadMode::kReceive;
  if (text == "span") return ReadMode::kSpan;
  bad_usage(absl::StrCat("--read=", text, ": expected receive or span"));
}

}  // namespace

EchoOptions read_options(int argc, char** argv) {
  parse_flags(argc, argv, kUsage);
  EchoOptions options;
  for (const std::string& text : absl::GetFlag(FLAGS_listen)) {
    auto address = Address::parse(text);
    if (!address.ok()) {
      const absl::string_view why = address.status().message();
      bad_usage(absl::StrCat("--listen: ", why));
    }
    options.listen.push_back(*address);
  }
  if (options.listen.empty()) bad_usage("--listen: expected at least one HOST:PORT or unix:/path");
  options.backend = absl::GetFlag(FLAGS_backend).kind;
  options.trigger = absl::GetFlag(FLAGS_trigger).trigger;
  options.read = read_mode(absl::GetFlag(FLAGS_read));
  options.drain = absl::GetFlag(FLAGS_drain).time;
  return options;
}

}  // namespace rondo::tools
