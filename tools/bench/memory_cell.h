// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "progress.h"
#include "settings.h"

namespace rondo::bench {

// Resident memory per idle connection: each server on its own, after `connections` that each
// echoed a byte, less what it holds after 100 such. Fills `cell.rows`.
void run_memory(const std::vector<Subject>& subjects, int connections, const Settings& settings,
                Progress& progress, Cell& cell);

}  // namespace rondo::bench
