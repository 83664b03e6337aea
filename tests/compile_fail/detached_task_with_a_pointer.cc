// expect: an argument is a reference, a pointer or a view
// SPDX-License-Identifier: MIT
// Nobody joins a loop's task before the number goes.
#include "rondo/loop/loop.h"

rondo::Task<> child(int* number);

void start(rondo::Loop& loop) {
  int number = 0;
  loop.spawn(child, &number);
}
