// expect: no matching
// SPDX-License-Identifier: MIT
// One of them is only for its own loop's thread.
#include "rondo/coro/select.h"

rondo::Task<> work(rondo::Channel<int>& here, rondo::SharedChannel<int>& everywhere) {
  auto got = co_await rondo::select(here, everywhere);
  static_cast<void>(got);
}
