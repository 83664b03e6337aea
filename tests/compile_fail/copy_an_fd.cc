// expect: deleted
// SPDX-License-Identifier: MIT
// Two owners of one descriptor.
#include "rondo/base/fd.h"

void keep(const rondo::Fd& fd) {
  auto copy = fd;
  static_cast<void>(copy);
}
