// expect: pass the function and its arguments
// SPDX-License-Identifier: MIT
// A loop makes the task itself, so that it owns the function and its arguments.
#include "rondo/loop/loop.h"

rondo::Task<> child();

void start(rondo::Loop& loop) { loop.spawn(child()); }
