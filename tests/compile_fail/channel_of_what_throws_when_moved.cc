// expect: T is a value whose move cannot throw
// SPDX-License-Identifier: MIT
// A value would be lost on its way.
#include "rondo/coro/channel.h"

struct Throws {
  Throws(Throws&&) noexcept(false);
};

rondo::Channel<Throws> channel(1);
