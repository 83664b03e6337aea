// SPDX-License-Identifier: MIT
// What the user asked for.
#pragma once

#include <cstddef>

#include "rondo/base/clock.h"
#include "rondo/kernel/backend.h"
#include "rondo/kernel/slot.h"
#include "rondo/net/address.h"

namespace rondo::tools {

struct LoadOptions {
  Address target;
  std::size_t connections = 0;
  std::size_t size = 0;   // bytes of a request, and of its answer
  std::size_t depth = 0;  // requests in flight on each connection; closed loop only
  Duration duration{0};   // of the measurement
  Duration warmup{0};     // before it
  Duration patience{0};   // how long to wait for answers after it
  double rate = 0;        // requests per second in total; 0 is a closed loop
  BackendKind backend = BackendKind::kAuto;
  Trigger trigger = Trigger::kDefault;
  bool json = false;
  bool quiet = false;

  bool open_loop() const noexcept { return rate > 0; }
};

// Reads the command line; ends the process for --help and for bad usage.
LoadOptions read_options(int argc, char** argv);

}  // namespace rondo::tools
