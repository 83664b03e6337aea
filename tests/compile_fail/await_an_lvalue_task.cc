// expect: write co_await std::move(task)
// SPDX-License-Identifier: MIT
// A Task is given up to be awaited: `co_await std::move(task)`.
#include "rondo/coro/task.h"

rondo::Task<int> child();

rondo::Task<int> parent() {
  auto task = child();
  co_return co_await task;
}
