// SPDX-License-Identifier: MIT
// Where a server listens.
#pragma once

#include <chrono>
#include <string>

#include "process.h"

namespace rondo::bench {

// A port of 127.0.0.1 that nobody listens on now. Throws Failure.
int choose_free_port();

// The HOST:PORT of the line `listening on HOST:PORT` that the server prints. Throws Failure.
std::string listening_address(Process& server, std::chrono::milliseconds patience);

// For a server that prints none: waits until it accepts on that port. Throws Failure.
std::string await_port(Process& server, int port, std::chrono::milliseconds patience);

}  // namespace rondo::bench
