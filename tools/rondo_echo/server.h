// SPDX-License-Identifier: MIT
// The echo server: accepts on every listener, serves, and drains on a signal.
#pragma once

#include <vector>

#include "options.h"
#include "rondo/coro/task.h"
#include "rondo/net/socket_listener.h"

namespace rondo::tools {

// Serves until `signals` (a signalfd) is readable, then drains: within options.drain, or until the
// next signal. Ends when every connection has.
Task<> serve(std::vector<SocketListener> listeners, EchoOptions options, int signals);

}  // namespace rondo::tools
