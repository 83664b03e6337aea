// SPDX-License-Identifier: MIT
// A TCP port that takes connections.
#pragma once

#include "absl/status/statusor.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/net/endpoint.h"
#include "rondo/net/socket_listener.h"
#include "rondo/net/tcp_stream.h"

namespace rondo {

// Belongs to one loop. SO_REUSEADDR and TCP_NODELAY are on. On an IPv6 address it takes no IPv4
// connections (IPV6_V6ONLY): whoever wants both listens on both.
class TcpListener final : public SocketListener {
 public:
  TcpListener() noexcept = default;

  // Binds and listens. The message of a failure names the address and what to do about it. Port 0
  // lets the kernel choose; local_endpoint() tells.
  static absl::StatusOr<TcpListener> listen(Loop& loop, const Endpoint& address,
                                            const ListenOptions& options = {});

  // As SocketListener::accept().
  Task<Result<TcpStream>> accept() { return accept_as<TcpStream>(); }

  Result<Endpoint> local_endpoint() const noexcept { return rondo::local_endpoint(fd()); }

 private:
  using SocketListener::SocketListener;
};

}  // namespace rondo
