// expect: no matching
// SPDX-License-Identifier: MIT
// The body of a with_scope is a coroutine.
#include "rondo/coro/scope.h"

rondo::Task<> parent() {
  co_await rondo::with_scope([](rondo::Scope& scope) { scope.stop(); });
}
