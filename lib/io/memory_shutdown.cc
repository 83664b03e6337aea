// SPDX-License-Identifier: MIT
#include "rondo/io/memory_shutdown.h"

namespace rondo {

MemoryOperation::Step MemoryShutdown::perform() noexcept {
  end().shut(direction_);
  return Step::kDone;
}

}  // namespace rondo
