// expect: nodiscard
// SPDX-License-Identifier: MIT
// An error that nobody looks at.
#include "rondo/base/result.h"

rondo::Result<int> receive();

void work() { receive(); }
