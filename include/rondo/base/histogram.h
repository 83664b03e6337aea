// SPDX-License-Identifier: MIT
// Histogram: how often which duration was seen, to better than one percent, in a fixed piece of
// memory.
//
//   durations in ns   0 ... 127 | 128 ... 255 | 256 ... 511 | 512 ... 1023 | ... up to 2^42
//   buckets             128     |     128     |     128     |     128      | 128 per power of two
//   width of each         1     |       1     |       2     |       4      | doubles
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rondo/base/clock.h"
#include "rondo/base/counter.h"

namespace rondo {

// One thread records and clears; any may read meanwhile, and then sees some of what is recorded
// just now. 36 KiB, never more. Durations from 0 to kLongest fall into a bucket whose width is at
// most 1/128 of them; longer ones count as kLongest, but for max() and mean(), which are exact.
class Histogram {
 public:
  static constexpr Duration kLongest = std::chrono::hours(1);

  // Counts one duration; a negative one counts as 0. Allocates nothing.
  void record(Duration duration) noexcept {
    const auto value = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    ++counts_[bucket_of(value < kLimit ? value : kLimit)];
    ++count_;
    sum_ += value;
    if (value > max_) max_ = value;
  }

  // Adds everything that `other` has counted.
  void merge(const Histogram& other) noexcept;
  // Forgets everything.
  void clear() noexcept;

  std::uint64_t count() const noexcept { return count_; }
  Duration max() const noexcept { return Duration(static_cast<std::int64_t>(std::uint64_t{max_})); }
  Duration mean() const noexcept;
  Duration sum() const noexcept { return Duration(static_cast<std::int64_t>(std::uint64_t{sum_})); }

  // How many were not longer than each of `ends`, which ascend, to the precision of a bucket; what
  // is beyond the last is not among them.
  template <std::size_t n>
  std::array<std::uint64_t, n> counts_up_to(const std::array<Duration, n>& ends) const noexcept {
    std::array<std::uint64_t, n> counts = {};
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto end = static_cast<std::uint64_t>(ends[i].count());
      for (; bucket < kBuckets && end_of(bucket) <= end; ++bucket) seen += counts_[bucket];
      counts[i] = seen;
    }
    return counts;
  }

  // The shortest duration that at least `percent` of what was recorded do not exceed, rounded up to
  // the end of its bucket but never above max(). `percent` is from 0 to 100; 0 ns when empty.
  Duration percentile(double percent) const noexcept;

  // How many of `count` are at least `percent` of them, and at least one: exactly, for a percent of
  // up to six decimals.
  static std::uint64_t rank_of(double percent, std::uint64_t count) noexcept;

 private:
  static constexpr int kSubBits = 7;  // 128 buckets per power of two
  static constexpr std::uint64_t kLimit = kLongest.count();

  // Below 2^8 a value is its own bucket; above, its 8 leading bits and its size choose one.
  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    const int shift = shift_of(value);
    return (static_cast<std::size_t>(shift) << kSubBits) + (value >> shift);
  }
  // The largest value of a bucket.
  static constexpr std::uint64_t end_of(std::size_t bucket) noexcept {
    if (bucket < std::size_t{2} << kSubBits) return bucket;
    const std::size_t shift = (bucket >> kSubBits) - 1;
    return ((bucket - (shift << kSubBits) + 1) << shift) - 1;
  }
  static constexpr int shift_of(std::uint64_t value) noexcept {
    const int bits = 64 - __builtin_clzll(value | 1);
    return bits > kSubBits + 1 ? bits - kSubBits - 1 : 0;
  }
  static constexpr std::size_t kBuckets =
      (static_cast<std::size_t>(64 - __builtin_clzll(kLimit) - kSubBits) + 1) << kSubBits;

  std::array<Counter, kBuckets> counts_;
  Counter count_;
  Counter sum_;
  Counter max_;
};

}  // namespace rondo
