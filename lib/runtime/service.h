// SPDX-License-Identifier: MIT
// One address and who serves it: its listeners, on the loops that accept.
#pragma once

#include <memory>
#include <vector>

#include "rondo/net/address.h"
#include "rondo/runtime/connection_handler.h"
#include "runtime/acceptor.h"

namespace rondo {

// Of the runtime; handlers stay until all loops have ended.
struct ServiceParts {
  std::unique_ptr<ConnectionHandler> handler;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::size_t place = 0;  // the first was place 0, and so on: says which master accepts
};

}  // namespace rondo
