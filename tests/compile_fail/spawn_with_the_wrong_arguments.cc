// expect: std::ref(x), or borrow(x)
// SPDX-License-Identifier: MIT
// The child wants an int by reference; a scope passes a copy unless it is told std::ref.
#include "rondo/coro/scope.h"

rondo::Task<> child(int& counter);

void start(rondo::Scope& scope) {
  int counter = 0;
  scope.spawn(child, counter);
}
