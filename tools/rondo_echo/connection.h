// SPDX-License-Identifier: MIT
// One connection of the echo server.
#pragma once

#include "options.h"
#include "rondo/base/list.h"
#include "rondo/coro/task.h"
#include "rondo/net/tcp_stream.h"

namespace rondo::tools {

// A connection that is being served, so that a drain can find it.
struct Connection : ListNode<> {
  explicit Connection(TcpStream accepted) noexcept : stream(std::move(accepted)) {}

  TcpStream stream;
};
using Connections = List<Connection>;

// Sends back everything until the peer has finished or failed. Listed in `live` meanwhile, which
// outlives it.
Task<> echo(TcpStream stream, Connections& live, ReadMode mode);

// Lets every connection end: what has arrived is still echoed, then its stream counts as finished.
void end_receiving(Connections& live) noexcept;

}  // namespace rondo::tools
