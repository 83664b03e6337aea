// SPDX-License-Identifier: MIT
// How often which duration was seen, coarse enough to be sent, and to be subtracted.
//
//   bucket      0       1         2         3         4            96        97
//   up to     1 us   1.19 us   1.41 us   1.68 us    2 us   ...   16.8 s   for ever
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rondo/base/clock.h"
#include "rondo/base/histogram.h"

namespace rondo {

// A reading of a Histogram. Two of them, one after the other, tell what was seen in between.
class DurationCounts {
 public:
  DurationCounts() noexcept = default;
  explicit DurationCounts(const Histogram& histogram) noexcept;

  // What has been added since `before`; nothing if that has seen more, and so is another one's.
  DurationCounts since(const DurationCounts& before) const noexcept;

  std::uint64_t total() const noexcept;
  // The shortest duration that at least `percent` of them do not exceed, rounded up to the end of
  // its bucket: by a fifth at most, from 1 us on. The longest end, 16.8 s, for what is beyond. 0 ns
  // when there are none.
  Duration percentile(double percent) const noexcept;

  // "12:3,40:1": buckets that hold any, and back; what is nothing of that kind is passed over.
  std::string to_text() const;
  static DurationCounts of_text(std::string_view text) noexcept;

 private:
  static constexpr std::size_t kEnds = 24 * 4 + 1;

  std::array<std::uint64_t, kEnds + 1> counts_ = {};
};

}  // namespace rondo
