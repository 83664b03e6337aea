// SPDX-License-Identifier: MIT
#include "rondo/runtime/incidents.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: as in the other tests
using testing::ElementsAre;

TEST(Incidents, are_counted_by_kind_without_a_log_too) {
  Incidents incidents;
  incidents.happened(Incident::kRefusedInTotal, {});
  incidents.happened(Incident::kRefusedInTotal, {});
  incidents.happened(Incident::kHandlerFailed, "why");
  EXPECT_EQ(incidents.count(Incident::kRefusedInTotal), 2u);
  EXPECT_EQ(incidents.count(Incident::kHandlerFailed), 1u);
  EXPECT_EQ(incidents.count(Incident::kAcceptFailed), 0u);
}

TEST(Incidents, a_flood_of_one_kind_is_one_line_per_interval_and_others_are_heard) {
  ManualClock clock(TimePoint{} + 1h);
  std::vector<std::string> lines;
  Incidents incidents(
      {.log = [&](std::string_view line) { lines.emplace_back(line); }, .log_interval = 1s}, clock);
  for (int i = 0; i < 1000; ++i) incidents.happened(Incident::kPausedForDescriptors, "EMFILE");
  incidents.happened(Incident::kRefusedPerAddress, "127.0.0.9");
  clock.advance(999ms);
  incidents.happened(Incident::kPausedForDescriptors, "EMFILE");
  clock.advance(1ms);
  incidents.happened(Incident::kPausedForDescriptors, "ENFILE");
  clock.advance(5s);
  incidents.happened(Incident::kPausedForDescriptors, {});
  EXPECT_THAT(lines, ElementsAre("paused for descriptors: EMFILE",
                                 "refused: too many connections of one address: 127.0.0.9",
                                 "paused for descriptors: ENFILE (and 1000 more before)",
                                 "paused for descriptors"));
  EXPECT_EQ(incidents.count(Incident::kPausedForDescriptors), 1003u);
}

TEST(Incidents, several_threads_are_counted_exactly_and_write_one_line) {
  ManualClock clock(TimePoint{} + 1h);
  std::atomic<int> lines{0};
  Incidents incidents({.log = [&](std::string_view) { ++lines; }}, clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) incidents.happened(Incident::kAcceptFailed, "EPERM");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(incidents.count(Incident::kAcceptFailed), 4000u);
  EXPECT_EQ(lines, 1);
}

}  // namespace
}  // namespace rondo
