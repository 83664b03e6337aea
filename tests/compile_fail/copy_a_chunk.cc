// expect: deleted
// SPDX-License-Identifier: MIT
// Two leases of one buffer.
#include "rondo/buffer/chunk.h"

void keep(const rondo::Chunk& chunk) {
  auto copy = chunk;
  static_cast<void>(copy);
}
