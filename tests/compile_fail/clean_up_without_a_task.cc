// expect: no matching
// SPDX-License-Identifier: MIT
// What cleans up is a coroutine.
#include "rondo/coro/shield.h"

rondo::Task<> body();

rondo::Task<> work() {
  co_await rondo::with_clean_up(body(), [] {});
}
