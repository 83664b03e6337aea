// SPDX-License-Identifier: MIT
// What the user asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rondo/net/address.h"
#include "rondo/net/unix_address.h"
#include "rondo/runtime/runtime.h"

namespace rondo::tools {

// How a connection reads: into a leased buffer, or into memory of its own.
enum class ReadMode : std::uint8_t { kReceive, kSpan };

struct EchoOptions {
  std::vector<Address> listen;
  ReadMode read = ReadMode::kReceive;
  std::string chooser;                 // its name
  bool observe = false;                // histograms, and a stall detector
  std::optional<UnixAddress> inspect;  // where to answer rondo-top
  RuntimeOptions runtime;
};

// Reads the command line; ends the process for --help and for bad usage.
EchoOptions read_options(int argc, char** argv);

}  // namespace rondo::tools
