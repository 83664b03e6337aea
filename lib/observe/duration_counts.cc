// SPDX-License-Identifier: MIT
#include "rondo/observe/duration_counts.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace rondo {

namespace {

// Four to each power of two, and one for what is beyond.
template <std::size_t n>
constexpr std::array<Duration, n> ends() noexcept {
  constexpr std::int64_t kSteps[] = {1000, 1189, 1414, 1682};
  std::array<Duration, n> all{};
  for (std::size_t i = 0; i + 1 < n; ++i) all[i] = Duration(kSteps[i % 4] << (i / 4));
  all[n - 1] = Duration::max();
  return all;
}

}  // namespace

DurationCounts::DurationCounts(const Histogram& histogram) noexcept {
  // What is beyond is not count() less the others: more may come while they are read, and each must
  // only ever grow for since().
  const auto up_to = histogram.counts_up_to(ends<kEnds + 1>());
  std::adjacent_difference(up_to.begin(), up_to.end(), counts_.begin());
}

DurationCounts DurationCounts::since(const DurationCounts& before) const noexcept {
  DurationCounts added;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] < before.counts_[i]) return {};
    added.counts_[i] = counts_[i] - before.counts_[i];
  }
  return added;
}

std::uint64_t DurationCounts::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

Duration DurationCounts::percentile(double percent) const noexcept {
  const std::uint64_t rank = Histogram::rank_of(percent, total());
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return ends<kEnds + 1>()[std::min(i, kEnds - 1)];
  }
  return Duration(0);
}

std::string DurationCounts::to_text() const {
  std::string text;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    if (!text.empty()) text += ',';
    text.append(std::to_string(i)).append(":").append(std::to_string(counts_[i]));
  }
  return text;
}

DurationCounts DurationCounts::of_text(std::string_view text) noexcept {
  DurationCounts read;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const char* end = word.data() + word.size();
    std::size_t bucket = read.counts_.size();
    const char* colon = std::from_chars(word.data(), end, bucket).ptr;
    if (bucket >= read.counts_.size() || colon == end) continue;
    std::from_chars(colon + 1, end, read.counts_[bucket]);
  }
  return read;
}

}  // namespace rondo
