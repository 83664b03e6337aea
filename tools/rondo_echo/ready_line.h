// SPDX-License-Identifier: MIT
// What rondo-echo says when it is ready.
#pragma once

#include <string>

#include "options.h"
#include "rondo/runtime/runtime.h"

namespace rondo::tools {

// "listening on 127.0.0.1:7000 backend=io_uring trigger=none read=receive topology=single", and
// what else was asked for. `options` are those that the runtime was made from; of its chooser only
// the name is looked at.
std::string ready_line(const Address& address, const EchoOptions& options, const Runtime& runtime);

}  // namespace rondo::tools
