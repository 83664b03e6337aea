// expect: deleted
// SPDX-License-Identifier: MIT
// Two would take one value.
#include "rondo/coro/child.h"

void keep(const rondo::Child<int>& child) {
  auto copy = child;
  static_cast<void>(copy);
}
