// expect: nodiscard
// SPDX-License-Identifier: MIT
// The forgotten co_await of an operation.
#include "rondo/coro/event.h"

void work(rondo::Event& event) { event.wait(); }
