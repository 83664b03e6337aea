// SPDX-License-Identifier: MIT
// One connection of the echo server.
#pragma once

#include "rondo/coro/task.h"
#include "rondo/net/socket_stream.h"
#include "rondo/runtime/worker_pool.h"

namespace rondo::tools {

// Send back everything until the peer has finished or failed. One frame each, because an idle
// connection is little else.
Task<> echo_received(SocketStream stream);
Task<> echo_read(SocketStream stream);

// The same, with each answer made by a thread of the pool, as a server does whose answers take
// long.
Task<> echo_offloaded(SocketStream stream, WorkerPool& pool);

}  // namespace rondo::tools
