// SPDX-License-Identifier: MIT
#include "rondo/observe/duration_counts.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

TEST(DurationCounts, give_percentiles_to_a_fifth) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 10us);
  const DurationCounts counts(histogram);
  EXPECT_EQ(counts.total(), 1000u);
  for (int percent : {1, 50, 99, 100}) {
    const Duration exact = percent * Duration(100us);
    EXPECT_GE(counts.percentile(percent) * 129 / 128, exact);
    EXPECT_LE(counts.percentile(percent), exact * 6 / 5);
  }
}

TEST(DurationCounts, one_of_a_thousand_is_above_p99_9) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(500ns);
  histogram.record(1s);
  EXPECT_EQ(DurationCounts(histogram).percentile(99.9), 1us);
  EXPECT_GE(DurationCounts(histogram).percentile(99.91), 1s);
}

TEST(DurationCounts, count_what_is_short_and_what_is_long) {
  Histogram histogram;
  histogram.record(0ns);
  EXPECT_EQ(DurationCounts(histogram).percentile(100), 1us);
  histogram.record(1h);
  EXPECT_EQ(DurationCounts(histogram).percentile(50), 1us);
  EXPECT_GT(DurationCounts(histogram).percentile(100), 16s);
  EXPECT_EQ(DurationCounts().percentile(99), 0ns);
}

TEST(DurationCounts, tell_what_was_added) {
  Histogram histogram;
  histogram.record(1s);
  const DurationCounts before(histogram);
  histogram.record(1ms);
  const DurationCounts added = DurationCounts(histogram).since(before);
  EXPECT_EQ(added.total(), 1u);
  EXPECT_LE(added.percentile(99), 1200us);
  EXPECT_EQ(before.since(DurationCounts(histogram)).total(), 0u);  // of a server started anew
}

TEST(DurationCounts, of_one_that_is_recorded_meanwhile_only_grow) {
  Histogram histogram;
  std::atomic<bool> over = false;
  std::thread recorder([&] {
    while (!over) histogram.record(500ns);
  });
  DurationCounts before;
  std::uint64_t added = 0;
  for (int i = 0; i < 2000; ++i) {
    const DurationCounts now(histogram);
    EXPECT_LE(now.percentile(100), 1us) << "what came while it was read is not longer";
    added += now.since(before).total();
    before = now;
  }
  over = true;
  recorder.join();
  EXPECT_EQ(added, before.total());
}

TEST(DurationCounts, go_through_text) {
  Histogram histogram;
  for (Duration each : {Duration(1us), Duration(1us), Duration(3ms), Duration(1h)}) {
    histogram.record(each);
  }
  const DurationCounts counts(histogram);
  EXPECT_EQ(DurationCounts::of_text(counts.to_text()).to_text(), counts.to_text());
  EXPECT_EQ(DurationCounts::of_text(counts.to_text()).total(), 4u);
  EXPECT_EQ(DurationCounts::of_text("").total(), 0u);
  EXPECT_EQ(DurationCounts::of_text("x,7,98:1,-1:5,3:,2:4:9,99999999999999999999:1").to_text(),
            "2:4");
}

}  // namespace
}  // namespace rondo
