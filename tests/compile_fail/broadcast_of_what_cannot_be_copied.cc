// expect: constraint
// SPDX-License-Identifier: MIT
// Each subscriber gets a copy.
#include <memory>

#include "rondo/coro/broadcast.h"

rondo::Broadcast<std::unique_ptr<int>> broadcast(1, rondo::Drop::kOldest);
