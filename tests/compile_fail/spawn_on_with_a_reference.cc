// expect: borrow(x) outside of a scope
// SPDX-License-Identifier: MIT
// The task wants an int by reference, and the loop keeps a copy.
#include "rondo/loop/loop.h"

rondo::Task<> child(int& counter);

void start(rondo::Loop& loop) {
  int counter = 0;
  static_cast<void>(rondo::spawn_on(loop, child, counter));
}
