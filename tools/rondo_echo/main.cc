// SPDX-License-Identifier: MIT
// rondo-echo: the echo server, on any backend.
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/strings/str_format.h>

#include "flags.h"
#include "options.h"
#include "rondo/base/fd.h"
#include "rondo/loop/loop.h"
#include "rondo/net/address.h"
#include "server.h"

namespace rondo::tools {
namespace {

// SIGTERM and SIGINT as something to read.
Fd open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return Fd();
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int run(int argc, char** argv) {
  EchoOptions options = read_options(argc, argv);
  const Fd signals = open_signals();
  if (!signals.valid()) return failure(std::string("signalfd: ") + std::strerror(errno));
  auto loop = Loop::create({.backend = options.backend, .trigger = options.trigger});
  if (!loop.ok()) return failure(loop.status());
  const BackendKind backend = (*loop)->backend_choice().kind;
  const std::string_view trigger =
      backend == BackendKind::kEpoll ? name_of(options.trigger) : std::string_view("none");
  std::vector<SocketListener> listeners;
  for (const Address& address : options.listen) {
    auto listener = listen(**loop, address);
    if (!listener.ok()) return failure(listener.status());
    listeners.push_back(std::move(*listener));
  }
  for (const SocketListener& listener : listeners) {
    auto address = Address::local_of(listener.fd());
    if (!address) return failure(address.error().message());
    absl::PrintF("listening on %s backend=%s trigger=%s read=%s\n", address->to_string(),
                 name_of(backend), trigger,
                 options.read == ReadMode::kReceive ? "receive" : "span");
  }
  // Whoever waits for the line must get it, and learn if it was lost.
  if (std::fflush(stdout) != 0) return failure("standard output cannot be written");
  (*loop)->spawn(serve, std::move(listeners), std::move(options), signals.number());
  (*loop)->run();
  return 0;
}

}  // namespace
}  // namespace rondo::tools

int main(int argc, char** argv) { return rondo::tools::run(argc, argv); }
