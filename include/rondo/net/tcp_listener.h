// SPDX-License-Identifier: MIT
// A TCP port that takes connections.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "rondo/base/clock.h"
#include "rondo/base/fd.h"
#include "rondo/net/socket.h"
#include "rondo/net/tcp_stream.h"

namespace rondo {

struct ListenOptions {
  int backlog = 4096;                   // connections that wait to be accepted; capped by somaxconn
  bool reuse_port = false;              // share the port with other listeners (SO_REUSEPORT)
  Trigger trigger = Trigger::kDefault;  // epoll's, for the listener and what it accepts
};

// Belongs to one loop. SO_REUSEADDR is on, so that a server can be restarted at once; accepted
// connections have TCP_NODELAY.
class TcpListener final : public Socket {
 public:
  TcpListener() noexcept = default;

  // Binds and listens. The message of a failure names the address and what to do about it. Port 0
  // lets the kernel choose; local_endpoint() tells.
  static absl::StatusOr<TcpListener> listen(Loop& loop, const Endpoint& address,
                                            const ListenOptions& options = {});

  // The next connection, one caller at a time. Fails with EMFILE, ENFILE, ENOBUFS or ENOMEM when
  // something is used up: the connection stays in the queue, and the next accept() pauses first
  // (10 ms, doubling up to 160 ms), so that a loop around it does not spin. A stop ends it with
  // Errc::canceled; connections that the kernel has accepted by then go to the next accept().
  Task<Result<TcpStream>> accept();

  // The same, as a bare descriptor, to be adopted by another loop.
  Task<Result<Fd>> accept_fd();

 private:
  TcpListener(Socket socket, Trigger trigger) noexcept
      : Socket(std::move(socket)), trigger_(trigger) {}

  Trigger trigger_ = Trigger::kDefault;
  Duration pause_{0};
};

}  // namespace rondo
