// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_listener.h"

#include <cerrno>
#include <string>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

// The one sentence that a person needs.
absl::Status cannot_listen(const Endpoint& address, Error error) {
  const std::string text = "cannot listen on " + address.to_string() + ": " + error.message();
  switch (error.number()) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(text + "; another program has this port, choose another");
    case EACCES:
      return absl::PermissionDeniedError(text + "; ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return absl::InvalidArgumentError(text + "; the address is not one of this machine's");
    case EMFILE:
      return absl::ResourceExhaustedError(text + "; raise the limit (ulimit -n)");
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace

absl::StatusOr<TcpListener> TcpListener::listen(Loop& loop, const Endpoint& address,
                                                const ListenOptions& options) {
  auto socket = Socket::open_stream(loop, address.family());
  if (!socket) return cannot_listen(address, socket.error());
  // Accepted sockets inherit TCP_NODELAY from the listener, which saves a call for each of them.
  auto done = socket->set(NoDelay{true});
  if (done) done = socket->set(ReuseAddress{true});
  if (done && options.reuse_port) done = socket->set(ReusePort{true});
  if (done && address.family() == AF_INET6) done = socket->set(Ipv6Only{true});
  if (done) done = control::bind(socket->fd(), address.data(), address.size());
  if (done) done = control::listen(socket->fd(), options.backlog);
  if (!done) return cannot_listen(address, done.error());
  return TcpListener(std::move(*socket), options.trigger);
}

}  // namespace rondo
