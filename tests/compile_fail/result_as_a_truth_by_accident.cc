// expect: conver
// SPDX-License-Identifier: MIT
// Whether there is a value is asked for on purpose: `result.ok()`, or in a condition.
#include "rondo/base/result.h"

rondo::Result<int> receive();

bool work() { return receive(); }
