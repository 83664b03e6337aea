// SPDX-License-Identifier: MIT
// A whole server: sends back what it receives, on two loops, until Ctrl-C; then it finishes what it
// has begun.
#include <csignal>
#include <cstdio>
#include <string>

#include <rondo/rondo.h>

rondo::Task<> echo(rondo::TcpStream stream) {
  while (auto chunk = co_await stream.receive()) {  // a leased buffer, only when bytes are there
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

static int fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}

int main() {
  auto runtime = rondo::Runtime::create({.workers = 2, .stop_on = {SIGINT, SIGTERM}});
  if (!runtime.ok()) return fail(runtime.status());
  auto served = (*runtime)->serve("127.0.0.1:7000", echo);
  if (!served.ok()) return fail(served.status());
  (*runtime)->run();  // drains on the signals that were asked for
}
