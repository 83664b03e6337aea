// SPDX-License-Identifier: MIT
#include "rondo/base/fd.h"

#include <unistd.h>

#include "rondo/base/simulated.h"

namespace rondo {

void Fd::close_descriptor(int number) noexcept {
  if (!is_simulated(number)) {
    ::close(number);
  } else if (SimulatedDescriptors* network = SimulatedDescriptors::of(number)) {
    network->close(number);
  }
}

}  // namespace rondo
