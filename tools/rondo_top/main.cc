// SPDX-License-Identifier: MIT
// rondo-top: a live view of a running server.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/flags/flag.h>
#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "flag_types.h"
#include "flags.h"
#include "query.h"
#include "rondo/coro/when.h"
#include "rondo/io/sleep.h"
#include "rondo/io/wait_fd.h"
#include "rondo/loop/loop.h"
#include "rondo/runtime/signals.h"
#include "terminal.h"
#include "view.h"

ABSL_FLAG(std::string, server, "", "unix:/path of the server's --inspect socket");
ABSL_FLAG(rondo::tools::TimeFlag, interval, rondo::tools::TimeFlag{std::chrono::seconds(1)},
          "how long to count before the next view; at least 50ms");
ABSL_FLAG(bool, once, false, "print one table and end; so, too, where there is no terminal");

namespace rondo::tools {
namespace {

constexpr std::string_view kUsage =
    "rondo-top: what the loops of a running server do.\n"
    "\n"
    "  rondo-echo --listen=127.0.0.1:7000 --inspect=unix:/tmp/echo.inspect\n"
    "  rondo-top --server=unix:/tmp/echo.inspect\n"
    "  rondo-top --server=unix:/tmp/echo.inspect --once --interval=5s\n"
    "\n"
    "For each loop: turns, resumed coroutines (steps), system calls, bytes, posts and wakes a\n"
    "second; with --observe the 99th percentiles since the last view of how long turns took\n"
    "(TURN99) and how late timers were (LATE99); how late it answers (LAG; STALLED: not within a\n"
    "second); tasks and descriptors. Where the terminal is narrow some columns are left out.\n"
    "Below, the tasks that have waited longest. q ends it, any other key counts anew at once.\n"
    "Exit code: 0, or 1 when the server cannot be asked, or 2 for a wrong command line.";

constexpr std::size_t kMostWaiting = 100;
constexpr std::size_t kOfOnce = 10;
constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);

struct Request {
  UnixAddress server;
  Duration interval;
};

Task<absl::Status> show_once(const Request& request) {
  auto before = co_await take_sample(request.server, 0);
  if (!before.ok()) co_return before.status();
  auto slept = co_await sleep(request.interval);
  if (!slept) co_return absl::OkStatus();
  auto now = co_await take_sample(request.server, kOfOnce);
  if (!now.ok()) co_return now.status();
  const std::size_t width = ::isatty(STDOUT_FILENO) == 1 ? Terminal::size().width : kUnbounded;
  for (const std::string& line : view_lines(*before, *now, width, kUnbounded)) {
    std::printf("%s\n", line.c_str());
  }
  if (std::fflush(stdout) != 0) co_return absl::UnavailableError("standard output is closed");
  co_return absl::OkStatus();
}

void draw(Terminal& terminal, const Sample& before, const Sample& now) {
  const Terminal::Size size = terminal.size();
  terminal.draw(view_lines(before, now, size.width, size.height));
}

// Until somebody presses q or a signal comes.
Task<absl::Status> show(const Request& request, Terminal& terminal, Signals& signals) {
  auto first = co_await take_sample(request.server, kMostWaiting);
  if (!first.ok()) co_return first.status();
  Sample before = std::move(*first);
  Sample now = before;
  for (;;) {
    draw(terminal, before, now);
    auto what =
        co_await when_any(sleep(request.interval), wait_readable(STDIN_FILENO), signals.next());
    if (const auto& signal = std::get<2>(what.results)) {
      if (*signal != SIGWINCH) co_return absl::OkStatus();
      continue;
    }
    if (std::get<1>(what.results)) {
      char key = 'q';
      if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q') {
        co_return absl::OkStatus();
      }
    }
    auto next = co_await take_sample(request.server, kMostWaiting);
    if (!next.ok()) co_return next.status();
    before = std::exchange(now, std::move(*next));
  }
}

Request read_request(int argc, char** argv) {
  parse_flags(argc, argv, kUsage);
  const std::string server = absl::GetFlag(FLAGS_server);
  if (server.empty()) bad_usage("--server: expected the unix:/path of a server's --inspect");
  auto address = UnixAddress::parse(server);
  if (!address.ok()) {
    const absl::string_view why = address.status().message();
    bad_usage(absl::StrCat("--server: ", why));
  }
  const Duration interval = absl::GetFlag(FLAGS_interval).time;
  if (interval < std::chrono::milliseconds(50)) bad_usage("--interval: at least 50ms");
  return {*address, interval};
}

int run(int argc, char** argv) {
  const Request request = read_request(argc, argv);
  auto loop = Loop::create({.backend = BackendKind::kEpoll});
  if (!loop.ok()) return failure(loop.status());
  absl::Status status;
  if (absl::GetFlag(FLAGS_once) || !Terminal::is_there()) {
    (*loop)->spawn([&]() -> Task<> { status = co_await show_once(request); });
    (*loop)->run();
  } else {
    auto signals = Signals::open({SIGINT, SIGTERM, SIGHUP, SIGWINCH});
    if (!signals.ok()) return failure(signals.status());
    Terminal terminal;
    (*loop)->spawn([&]() -> Task<> { status = co_await show(request, terminal, **signals); });
    (*loop)->run();
  }
  return status.ok() ? 0 : failure(status);
}

}  // namespace
}  // namespace rondo::tools

int main(int argc, char** argv) { return rondo::tools::run(argc, argv); }
