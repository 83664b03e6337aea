// SPDX-License-Identifier: MIT
#include "statistics.h"

#include <algorithm>
#include <cmath>

namespace rondo::bench {

std::size_t left_out(std::size_t count) {
  // A value is below the median like a coin shows heads, so the chance that k or fewer are is that
  // of k or fewer heads. Each end may take a fortieth.
  constexpr double kTail = 0.025;
  double heads = std::pow(0.5, static_cast<double>(count));  // exactly k
  double tail = heads;                                       // k or fewer
  std::size_t k = 0;
  while (k < count && tail <= kTail) {
    heads *= static_cast<double>(count - k) / static_cast<double>(k + 1);
    tail += heads;
    ++k;
  }
  return k == 0 ? 0 : k - 1;
}

Estimate estimate(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  const std::size_t middle = count / 2;
  const double median = count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  const std::size_t outside = left_out(count);
  return {.median = median, .least = values[outside], .most = values[count - 1 - outside]};
}

}  // namespace rondo::bench
