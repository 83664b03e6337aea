// expect: no matching
// SPDX-License-Identifier: MIT
// The child does not take a Started.
#include "rondo/coro/scope.h"

rondo::Task<> child();

rondo::Task<> work(rondo::Scope& scope) {
  auto ready = co_await scope.start(child);
  static_cast<void>(ready);
}
