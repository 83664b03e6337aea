// SPDX-License-Identifier: MIT
// Counters and histograms of loops as text that Prometheus reads.
#pragma once

#include <span>
#include <string>

#include "rondo/observe/snapshot.h"

namespace rondo {

// The text format, version 0.0.4 (Content-Type: text/plain; version=0.0.4): Loop::counters() of
// each loop and, where it has them, its LoopStats, labelled loop="its name". Times are in seconds.
// Any thread; the loops are neither woken nor delayed, and what one does meanwhile may be in one
// line and not in the next. Names must differ.
std::string prometheus_text(std::span<const NamedLoop> loops);

}  // namespace rondo
