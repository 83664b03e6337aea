// expect: T is a value whose move cannot throw
// SPDX-License-Identifier: MIT
// What a reference refers to may be gone when it is received.
#include "rondo/coro/channel.h"

rondo::Channel<int&> channel(1);
