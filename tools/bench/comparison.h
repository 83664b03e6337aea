// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "result.h"

namespace rondo::bench {

// One measure of one subject in two reports.
struct Movement {
  std::string scenario, cell, subject, key;
  Estimate before, after;

  double ratio() const { return before.median == 0 ? 0 : after.median / before.median; }
};

// Everything that both have and that may be compared between two moments: ratios and what was
// counted, but no times; those too when `times` is set.
std::vector<Movement> movements(const Report& before, const Report& after, bool times);

// The ranges do not meet, and the distance is more than what a count varies by.
bool beyond_noise(const Movement& movement);

// All of them as a table, those beyond noise marked, and what differs between the two places.
std::string comparison_text(const Report& before, const Report& after, bool times);

}  // namespace rondo::bench
