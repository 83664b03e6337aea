// SPDX-License-Identifier: MIT
#include "rondo/base/histogram.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, an_empty_one_is_all_zeros) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.mean(), 0ns);
  EXPECT_EQ(histogram.percentile(99), 0ns);
}

TEST(Histogram, one_value_is_every_percentile_exactly) {
  for (Duration value : {Duration(0ns), Duration(1ns), Duration(255ns), Duration(257ns),
                         Duration(123456789ns), Histogram::kLongest}) {
    Histogram histogram;
    histogram.record(value);
    EXPECT_EQ(histogram.max(), value);
    EXPECT_EQ(histogram.mean(), value);
    for (double percent : {0.0, 50.0, 99.9, 100.0}) {
      EXPECT_EQ(histogram.percentile(percent), value);
    }
  }
}

TEST(Histogram, values_below_256_ns_are_exact) {
  Histogram histogram;
  for (int value = 1; value <= 200; ++value) histogram.record(Duration(value));
  EXPECT_EQ(histogram.percentile(50), 100ns);
  EXPECT_EQ(histogram.percentile(99), 198ns);
  EXPECT_EQ(histogram.percentile(100), 200ns);
}

TEST(Histogram, every_value_is_found_again_within_one_percent) {
  for (double exact = 1; exact < 3.6e12; exact *= 1.01) {
    const Duration value(static_cast<std::int64_t>(exact));
    Histogram histogram;
    histogram.record(value);
    histogram.record(1h);  // so that max() does not help
    const Duration found = histogram.percentile(50);
    EXPECT_GE(found, value);
    EXPECT_LE(static_cast<double>((found - value).count()),
              0.01 * static_cast<double>(value.count()));
  }
}

TEST(Histogram, percentiles_of_many_values_are_those_of_the_sorted_list_within_one_percent) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> spread(11, 2);
  std::vector<Duration> values(100'000);
  Histogram histogram;
  for (Duration& value : values) {
    value = Duration(static_cast<std::int64_t>(spread(random)));
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto rank = static_cast<std::size_t>(percent / 100 * 100'000 + 0.5) - 1;
    const auto exact = static_cast<double>(values[rank].count());
    EXPECT_NEAR(static_cast<double>(histogram.percentile(percent).count()), exact, exact * 0.01);
  }
  EXPECT_EQ(histogram.percentile(100), values.back());
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, the_rank_of_a_percentile_is_exact) {
  struct {
    double percent;
    std::uint64_t part, whole;  // the same
  } const percents[] = {{0, 0, 1},         {50, 1, 2},           {90, 9, 10},       {99, 99, 100},
                        {99.9, 999, 1000}, {99.99, 9999, 10000}, {12.5, 125, 1000}, {100, 1, 1}};
  for (const auto& [percent, part, whole] : percents) {
    for (std::uint64_t count = 1; count <= 100'000; ++count) {
      const std::uint64_t exact = std::max<std::uint64_t>((count * part + whole - 1) / whole, 1);
      ASSERT_EQ(Histogram::rank_of(percent, count), exact) << percent << " % of " << count;
    }
    const std::uint64_t many = 1'000'000'000'000'000;
    EXPECT_EQ(Histogram::rank_of(percent, many), std::max<std::uint64_t>(many / whole * part, 1));
  }
}

TEST(Histogram, one_of_a_thousand_is_above_p99_9) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(1ns);
  histogram.record(100ms);
  EXPECT_EQ(histogram.percentile(99.9), 1ns);
  EXPECT_EQ(histogram.percentile(99.91), 100ms);
}

TEST(Histogram, one_stall_among_a_thousand_shows_above_p99_9_and_not_below) {
  Histogram histogram;
  for (int i = 0; i < 9989; ++i) histogram.record(100us);
  for (int i = 0; i < 11; ++i) histogram.record(100ms);
  EXPECT_LE(histogram.percentile(99), 101us);
  EXPECT_GE(histogram.percentile(99.9), 100ms);
}

TEST(Histogram, what_is_out_of_range_counts_at_the_nearest_end) {
  Histogram histogram;
  histogram.record(-5ns);
  EXPECT_EQ(histogram.percentile(100), 0ns);
  histogram.record(24h);
  histogram.record(48h);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.max(), 48h);
  EXPECT_GE(histogram.percentile(60), Histogram::kLongest);
  EXPECT_LE(histogram.percentile(60), Histogram::kLongest * 101 / 100);
}

TEST(Histogram, merging_is_recording_into_one) {
  Histogram first;
  Histogram second;
  Histogram whole;
  std::mt19937_64 random(5);
  for (int i = 0; i < 10'000; ++i) {
    const Duration value(static_cast<std::int64_t>(random() % 1'000'000'000));
    (i % 3 == 0 ? first : second).record(value);
    whole.record(value);
  }
  first.merge(second);
  EXPECT_EQ(first.count(), whole.count());
  EXPECT_EQ(first.max(), whole.max());
  EXPECT_EQ(first.mean(), whole.mean());
  for (double percent : {0.0, 10.0, 50.0, 99.0, 100.0}) {
    EXPECT_EQ(first.percentile(percent), whole.percentile(percent));
  }
}

TEST(Histogram, a_cleared_one_is_empty) {
  Histogram histogram;
  histogram.record(1ms);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(50), 0ns);
  histogram.record(2ns);
  EXPECT_EQ(histogram.percentile(50), 2ns);
}

}  // namespace
}  // namespace rondo
