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
  const std::uint64_t rank = rank_of(percent, count());
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(Duration(static_cast<std::int64_t>(end_of(i))), max());
  }
  return max();
}

std::uint64_t Histogram::rank_of(double percent, std::uint64_t count) noexcept {
  // In whole numbers: 99.9 as a double is a little more, and would ask for one too many of 1000.
  constexpr std::uint64_t kWhole = 100'000'000;
  const auto part = static_cast<std::uint64_t>(std::llround(percent * (kWhole / 100)));
  const std::uint64_t of_rest = (count % kWhole * part + kWhole - 1) / kWhole;
  return std::max<std::uint64_t>(count / kWhole * part + of_rest, 1);
}

}  // namespace rondo
