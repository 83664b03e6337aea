// SPDX-License-Identifier: MIT
// A TCP connection.
#pragma once

#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/net/endpoint.h"
#include "rondo/net/socket_stream.h"

namespace rondo {

// See SocketStream for what it does. TCP_NODELAY is on: what is sent leaves at once.
class TcpStream final : public SocketStream {
 public:
  using SocketStream::SocketStream;

  // Opens a connection to `server` on the awaiting task's loop. Errors: what socket(2) and
  // connect(2) say (ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EMFILE, ...). The kernel gives up after
  // minutes only: use with_timeout.
  static Task<Result<TcpStream>> connect(Endpoint server);

  // Both are the kernel's answer of now. ENOTCONN for the peer of a connection that was reset.
  Result<Endpoint> local_endpoint() const noexcept { return rondo::local_endpoint(fd()); }
  Result<Endpoint> peer_endpoint() const noexcept { return rondo::peer_endpoint(fd()); }
};

}  // namespace rondo
