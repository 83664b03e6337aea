// SPDX-License-Identifier: MIT
// What a few noisy windows are worth together.
#pragma once

#include <cstddef>
#include <vector>

namespace rondo::bench {

// A median and the range in which the true one lies: nineteen times in twenty where there are six
// values or more, else from the least to the most.
struct Estimate {
  double median = 0;
  double least = 0;
  double most = 0;

  bool overlaps(const Estimate& other) const { return least <= other.most && other.least <= most; }
};

// A single value that was counted and not sampled.
inline Estimate exactly(double value) { return {value, value, value}; }

// Of at least one value. The range is that of the order statistics: how far from the middle the
// n-th smallest of so many values can be by chance, whatever their distribution.
Estimate estimate(std::vector<double> values);

// How many values at each end of `count` sorted ones lie outside the range.
std::size_t left_out(std::size_t count);

}  // namespace rondo::bench
