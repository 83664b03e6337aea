// SPDX-License-Identifier: MIT
// A connection over a Unix socket.
#pragma once

#include <sys/types.h>

#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/net/socket_stream.h"
#include "rondo/net/unix_address.h"

namespace rondo {

// Who is at the other end: who connected, or listened. Process 0 is one of another PID namespace.
struct PeerCredentials {
  pid_t process;
  uid_t user;
  gid_t group;
};

// See SocketStream for what it does. One process on the same machine at each end.
class UnixStream final : public SocketStream {
 public:
  using SocketStream::SocketStream;

  // Opens a connection to `server` on the awaiting task's loop. Errors: ECONNREFUSED (nobody
  // listens there, though the file may exist), ENOENT, EACCES, EPROTOTYPE (no stream socket),
  // EMFILE, ... While the server's queue of connections is full this waits for room, as TCP does,
  // trying again after 1 ms and then ever longer up to 16 ms; use with_timeout.
  static Task<Result<UnixStream>> connect(UnixAddress server);

  // Who they were when the connection was made, as the kernel knows it. ENOTCONN for a socket that
  // has no peer.
  Result<PeerCredentials> peer_credentials() const noexcept;

  // The kernel's answer of now. The connecting end is unnamed mostly.
  Result<UnixAddress> local_address() const noexcept { return UnixAddress::local_of(fd()); }
  Result<UnixAddress> peer_address() const noexcept { return UnixAddress::peer_of(fd()); }
};

}  // namespace rondo
