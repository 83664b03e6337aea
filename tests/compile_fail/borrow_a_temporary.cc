// expect: deleted
// SPDX-License-Identifier: MIT
// It is gone before the task starts.
#include <string>

#include "rondo/loop/borrow.h"

auto borrowed() { return rondo::borrow(std::string("gone")); }
