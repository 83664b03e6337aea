// SPDX-License-Identifier: MIT
// What the user asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "rondo/base/clock.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/slot.h"
#include "rondo/net/address.h"

namespace rondo::tools {

// How a connection reads: into a leased buffer, or into memory of its own.
enum class ReadMode : std::uint8_t { kReceive, kSpan };

struct EchoOptions {
  std::vector<Address> listen;
  BackendKind backend = BackendKind::kAuto;
  Trigger trigger = Trigger::kEdge;
  ReadMode read = ReadMode::kReceive;
  Duration drain{0};  // how long connections may take to finish after SIGTERM
};

// Reads the command line; ends the process for --help and for bad usage.
EchoOptions read_options(int argc, char** argv);

}  // namespace rondo::tools
