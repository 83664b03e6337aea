// expect: the function must give a Task
// SPDX-License-Identifier: MIT
// The callable gives an int, not a Task.
#include "rondo/coro/scope.h"

void start(rondo::Scope& scope) {
  scope.spawn([] { return 1; });
}
