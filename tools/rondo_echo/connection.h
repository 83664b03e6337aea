// SPDX-License-Identifier: MIT
// One connection of the echo server.
#pragma once

#include <utility>

#include "rondo/base/list.h"
#include "rondo/coro/task.h"
#include "rondo/net/socket_stream.h"

namespace rondo::tools {

struct Connection;
using Connections = List<Connection>;

// A connection that is being served: in `live`, so that a drain can find it, until its end.
struct Connection : ListNode<> {
  Connection(SocketStream accepted, Connections& live) noexcept : stream(std::move(accepted)) {
    live.push_back(*this);
  }
  ~Connection() { unlink(); }

  SocketStream stream;
};

// Send back everything until the peer has finished or failed. `live` outlives them. One frame each,
// because an idle connection is little else.
Task<> echo_received(SocketStream stream, Connections& live);
Task<> echo_read(SocketStream stream, Connections& live);

// Lets every connection end: what has arrived is still echoed, then its stream counts as finished.
void end_receiving(Connections& live) noexcept;

}  // namespace rondo::tools
