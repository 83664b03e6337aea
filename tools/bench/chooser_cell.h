// SPDX-License-Identifier: MIT
#pragma once

#include "progress.h"
#include "settings.h"

namespace rondo::bench {

// How evenly each chooser spreads connections that come and go, over so many loops: no network,
// the choosers themselves under invented arrivals. Fills `cell.rows`.
void run_choosers(std::size_t loops, const Settings& settings, Progress& progress, Cell& cell);

}  // namespace rondo::bench
