// expect: deleted
// SPDX-License-Identifier: MIT
// Two owners of one frame.
#include "rondo/coro/task.h"

void keep(rondo::Task<>& task) {
  auto copy = task;
  static_cast<void>(copy);
}
