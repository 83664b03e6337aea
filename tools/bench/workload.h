// SPDX-License-Identifier: MIT
#pragma once

namespace rondo::bench {

// What the load does to a server.
struct Workload {
  int connections = 64;
  int bytes = 64;      // per message
  int depth = 1;       // messages in flight per connection
  int idle = 0;        // further, silent connections
  bool churn = false;  // connect, send, receive, close for each message
};

}  // namespace rondo::bench
