// SPDX-License-Identifier: MIT
#pragma once

#include "options.h"

namespace rondo::bench {

// Measures what the options ask for, shows it and keeps it. The exit code: 1 when something could
// not be measured, which has been told then. Throws Failure when it cannot go on.
int run(const Options& options);

}  // namespace rondo::bench
