// SPDX-License-Identifier: MIT
#include "rondo/base/histogram.h"

#include <algorithm>
#include <cmath>

namespace rondo {

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max<std::uint64_t>(max_, other.max_);
}

void Histogram::clear() noexcept {
  std::fill(counts_.begin(), counts_.end(), Counter());
  count_ = sum_ = max_ = 0;
}

Duration Histogram::mean() const noexcept {
  return Duration(static_cast<std::int64_t>(count() == 0 ? 0 : sum_ / count()));
}

Duration Histogram::percentile(double percent) const noexcept {
  const double wanted = std::ceil(percent / 100 * static_cast<double>(count()));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count() | 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(Duration(static_cast<std::int64_t>(end_of(i))), max());
  }
  return max();
}

}  // namespace rondo
