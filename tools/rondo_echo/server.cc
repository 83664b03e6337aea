// SPDX-License-Identifier: MIT
#include "server.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "connection.h"
#include "rondo/coro/scope.h"
#include "rondo/io/wait_fd.h"
#include "rondo/io/with_timeout.h"

namespace rondo::tools {
namespace {

Task<> accept_all(SocketListener& listener, Scope& connections, Connections& live, ReadMode mode) {
  const auto echo = mode == ReadMode::kReceive ? echo_received : echo_read;
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) {
      connections.spawn(echo, std::move(*stream), std::ref(live));
    } else if (stream.error().is(Errc::canceled)) {
      co_return;
    }
    // Otherwise something is used up: accept() itself pauses before it tries again.
  }
}

Task<> next_signal(int signals) {
  auto there = co_await wait_readable(signals);
  signalfd_siginfo taken;
  if (there) static_cast<void>(::read(signals, &taken, sizeof taken));
}

Task<> all_done(Scope& scope) {
  for (;;) {
    const bool stopped = co_await stop_requested();
    if (stopped || scope.running() == 0) co_return;
    co_await scope.any_done();
  }
}

}  // namespace

Task<> serve(std::vector<SocketListener> listeners, EchoOptions options, int signals) {
  Connections live;
  auto serve_all = [&](Scope& connections) -> Task<> {
    auto accept = [&](Scope& acceptors) -> Task<> {
      for (SocketListener& listener : listeners) {
        acceptors.spawn(accept_all, std::ref(listener), std::ref(connections), std::ref(live),
                        options.read);
      }
      co_await next_signal(signals);
      acceptors.stop();
    };
    co_await with_scope(accept);
    listeners.clear();
    end_receiving(live);
    co_await with_timeout(options.drain, when_any(all_done(connections), next_signal(signals)));
    connections.stop();
  };
  co_await with_scope(serve_all);
}

}  // namespace rondo::tools
