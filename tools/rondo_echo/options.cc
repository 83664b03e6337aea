// SPDX-License-Identifier: MIT
#include "options.h"

#include <csignal>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

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
ABSL_FLAG(std::string, topology, "single",
          "single: one loop does everything; pool: and each answer is made by one of --workers "
          "threads; master-sub: loops that accept and loops that serve");
ABSL_FLAG(uint32_t, masters, 1, "loops that accept, of master-sub with --accept=handoff");
ABSL_FLAG(uint32_t, workers, 0,
          "loops that serve, of master-sub, or threads, of pool; 0: as many as there are CPUs");
ABSL_FLAG(std::string, accept, "handoff",
          "handoff: masters accept and give connections to the loops that serve; reuseport: those "
          "accept for themselves");
ABSL_FLAG(std::string, chooser, "round-robin",
          "which loop gets a connection: round-robin, least-connections, least-busy or peer-hash");
ABSL_FLAG(bool, pin, false, "give each loop a CPU of its own");
ABSL_FLAG(uint32_t, max_connections, 0, "who comes beyond is closed at once; 0: no limit");
ABSL_FLAG(uint32_t, max_per_address, 0, "the same for each address of a peer");
ABSL_FLAG(TimeFlag, drain, TimeFlag{std::chrono::seconds(5)},
          "how long connections may take to finish after SIGTERM or SIGINT");
ABSL_FLAG(bool, observe, false,
          "keep histograms of turns and timer lags (--inspect: metrics), and tell which coroutine "
          "blocks its loop for 100 ms");
ABSL_FLAG(std::string, inspect, "",
          "unix:/path on which rondo-top may look in; SIGUSR1 then prints all tasks "
          "on standard error");

namespace rondo::tools {
namespace {

constexpr std::string_view kUsage =
    "rondo-echo: sends back what it receives.\n"
    "\n"
    "  rondo-echo --listen=127.0.0.1:7000 --listen=[::1]:7000\n"
    "  rondo-echo --listen=unix:/tmp/echo.sock --listen=unix:@echo --backend=poll\n"
    "  rondo-echo --listen=127.0.0.1:0 --backend=epoll --trigger=level --read=span\n"
    "  rondo-echo --topology=master-sub --workers=2 --chooser=least-connections\n"
    "\n"
    "Prints a line `listening on ADDRESS backend=... trigger=... read=... topology=...` for each "
    "address\n"
    "when it is ready. SIGTERM and SIGINT drain it: nothing new is accepted, what has arrived is\n"
    "sent back, and what is not done after --drain is cut; a second signal cuts at once. What it\n"
    "refuses, and what the drain came to, it tells on standard error.\n"
    "Exit code: 0, or 1 when it cannot serve, or 2 for a wrong command line.";

// The value that a flag's text names; ends the process if there is none.
template <class Value, std::size_t kCount>
Value named(const char* flag, const std::string& text,
            const std::pair<const char*, Value> (&choices)[kCount]) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names.emplace_back(name);
  }
  bad_usage(absl::StrCat("--", flag, "=", text, ": expected ", absl::StrJoin(names, " or ")));
}

constexpr std::pair<const char*, ReadMode> kReadModes[] = {{"receive", ReadMode::kReceive},
                                                           {"span", ReadMode::kSpan}};
constexpr std::pair<const char*, Topology> kTopologies[] = {
    {"single", Topology::kSingle}, {"pool", Topology::kPool}, {"master-sub", Topology::kMasterSub}};
constexpr std::pair<const char*, AcceptMode> kAcceptModes[] = {
    {"handoff", AcceptMode::kHandOver}, {"reuseport", AcceptMode::kReusePort}};
constexpr std::pair<const char*, std::unique_ptr<Chooser> (*)()> kChoosers[] = {
    {"round-robin", [] { return round_robin(); }},
    {"least-connections", least_connections},
    {"least-busy", least_busy},
    {"peer-hash", peer_hash}};

// What was given and comes to nothing, so that nobody measures what is not there.
void note_what_is_ignored(const RuntimeOptions& runtime) {
  const std::string topology = absl::StrCat("--topology=", absl::GetFlag(FLAGS_topology));
  const bool has_subs = runtime.topology == Topology::kMasterSub;
  if (runtime.topology == Topology::kSingle) note_no_effect("workers", topology);
  if (!has_subs) note_no_effect("accept", topology);
  if (runtime.topology == Topology::kPool) note_no_effect("read", topology);
  const bool hands_over = has_subs && runtime.accept == AcceptMode::kHandOver;
  for (const char* flag : {"masters", "chooser"}) {
    if (!hands_over) note_no_effect(flag, has_subs ? "--accept=reuseport" : topology);
  }
  const BackendKind backend = runtime.loop.backend;
  if (backend != BackendKind::kAuto && backend != BackendKind::kEpoll) {
    const std::string_view name = name_of(backend);
    note_no_effect("trigger",
                   absl::StrCat("--backend=", absl::string_view(name.data(), name.size())));
  }
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
  options.read = named("read", absl::GetFlag(FLAGS_read), kReadModes);
  options.chooser = absl::GetFlag(FLAGS_chooser);

  options.observe = absl::GetFlag(FLAGS_observe);
  options.runtime.loop.observe = options.observe;
  if (const std::string text = absl::GetFlag(FLAGS_inspect); !text.empty()) {
    auto address = UnixAddress::parse(text);
    if (!address.ok()) {
      const absl::string_view why = address.status().message();
      bad_usage(absl::StrCat("--inspect: ", why));
    }
    options.inspect = *address;
  }

  RuntimeOptions& runtime = options.runtime;
  runtime.loop.backend = absl::GetFlag(FLAGS_backend).kind;
  runtime.loop.trigger = absl::GetFlag(FLAGS_trigger).trigger;
  runtime.topology = named("topology", absl::GetFlag(FLAGS_topology), kTopologies);
  runtime.accept = named("accept", absl::GetFlag(FLAGS_accept), kAcceptModes);
  runtime.masters = absl::GetFlag(FLAGS_masters);
  if (runtime.masters == 0) bad_usage("--masters=0: somebody must accept");
  runtime.workers = absl::GetFlag(FLAGS_workers);
  runtime.chooser = named("chooser", options.chooser, kChoosers)();
  runtime.pin = absl::GetFlag(FLAGS_pin);
  runtime.max_connections = absl::GetFlag(FLAGS_max_connections);
  runtime.max_per_address = absl::GetFlag(FLAGS_max_per_address);
  runtime.drain = absl::GetFlag(FLAGS_drain).time;
  runtime.stop_on = {SIGTERM, SIGINT};
  note_what_is_ignored(runtime);
  return options;
}

}  // namespace rondo::tools
