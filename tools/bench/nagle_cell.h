// SPDX-License-Identifier: MIT
#pragma once

#include "progress.h"
#include "settings.h"

namespace rondo::bench {

// A request of two small writes and one answer, over loopback, with Nagle's algorithm, without it,
// and as one write. Fills `cell.rows`. Throws Failure.
void run_nagle(const Settings& settings, Progress& progress, Cell& cell);

}  // namespace rondo::bench
