// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rondo::bench {

// What the load does to a server. The names are those of the published table.
struct Scenario {
  std::string_view name;
  std::string_view summary;
  int connections;
  int bytes;           // per message
  int depth = 1;       // messages in flight per connection
  int idle = 0;        // further, silent connections
  bool churn = false;  // connect, send, receive, close for each message
  bool by_default = true;
};

const std::vector<Scenario>& all_scenarios();

// Throws Failure for a name that does not exist.
const Scenario& scenario_named(std::string_view name);

}  // namespace rondo::bench
