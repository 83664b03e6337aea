// SPDX-License-Identifier: MIT
//
// How many connections are accepted per report of the listener. One, as long as they come one by
// one: the accept that finds nothing is never made. But a poll of many descriptors is long, and one
// connection per poll would be few, so after eight reports in a row that brought all that was asked
// for the number doubles each time, until an accept finds nothing.
#pragma once

#include <stdbool.h>

enum { kReportsBeforeMore = 8, kLongestBurst = 64 };

struct burst {
  int most;   // connections per report
  int count;  // since the report
  int full;   // reports in a row that brought all that was asked for
};

// At the report.
static inline void burst_begins(struct burst* burst) { burst->count = 0; }

// A connection was accepted. Whether the next accept is to be made.
static inline bool burst_goes_on(struct burst* burst) {
  if (++burst->count < burst->most) return true;
  if (++burst->full >= kReportsBeforeMore && burst->most < kLongestBurst) burst->most *= 2;
  return false;
}

// An accept has found nothing.
static inline void burst_ended(struct burst* burst) { *burst = (struct burst){.most = 1}; }
