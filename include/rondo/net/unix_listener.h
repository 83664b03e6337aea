// SPDX-License-Identifier: MIT
// A Unix socket that takes connections.
#pragma once

#include "absl/status/statusor.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/net/socket_listener.h"
#include "rondo/net/unix_address.h"
#include "rondo/net/unix_stream.h"

namespace rondo {

// Belongs to one loop. Of a path, the file is removed when the listener is closed or goes, unless
// another server has replaced it. ListenOptions::mode says who may connect, from the first moment.
class UnixListener final : public SocketListener {
 public:
  UnixListener() noexcept = default;

  // Binds and listens. A file that a dead server has left behind is replaced; one whose server is
  // alive, or that is no socket, is an error (kAlreadyExists). A server that was killed while on
  // io_uring counts as alive until the kernel has ended its ring, which takes it some milliseconds.
  // The message of a failure names the address and what to do about it. When two servers start on
  // one path in the same moment, the later one may replace the earlier one's file.
  static absl::StatusOr<UnixListener> listen(Loop& loop, const UnixAddress& address,
                                             const ListenOptions& options = {});

  // As SocketListener::accept().
  Task<Result<UnixStream>> accept() { return accept_as<UnixStream>(); }

  Result<UnixAddress> local_address() const noexcept { return UnixAddress::local_of(fd()); }

 private:
  using SocketListener::SocketListener;
};

}  // namespace rondo
