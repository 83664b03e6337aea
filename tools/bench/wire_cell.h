// SPDX-License-Identifier: MIT
// A cell over the network: several servers in turn under the same load.
//
//   reference A B C reference D E F reference ... reference      one round
//
// The machine changes speed within seconds, so what a window costs is divided by what the reference
// costs right before and after it; the rounds give the median and the range. All servers are
// started anew a few times in between: a process may be lucky with where its memory lies, or not.
#pragma once

#include "progress.h"
#include "settings.h"
#include "wire_plan.h"

namespace rondo::bench {

// Fills `cell.rows`, one per subject. A subject that fails has that in its row, and the others go
// on. Throws Failure when the reference fails.
void run_wire(const WirePlan& plan, const Settings& settings, Progress& progress, Cell& cell);

// About how many seconds that takes.
double seconds_of_wire(const WirePlan& plan, const Settings& settings);

}  // namespace rondo::bench
