// expect: a Task does nothing until it is awaited or spawned
// SPDX-License-Identifier: MIT
// The forgotten co_await.
#include "rondo/coro/task.h"

rondo::Task<> child();

rondo::Task<> parent() {
  child();
  co_return;
}
