// SPDX-License-Identifier: MIT
// The parts of rondo-load that need no server: when requests are due, which bytes they are, and how
// the figures are told.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/rondo_load/load.h"
#include "tools/rondo_load/pacing.h"
#include "tools/rondo_load/pattern.h"
#include "tools/rondo_load/report.h"

namespace rondo::tools {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(LoadSchedule, requests_are_dealt_in_turn_and_evenly) {
  Window window;
  window.start = TimePoint(123'456'789ns);
  for (double rate : {0.3, 7.0, 1000.0, 3333.3, 999'999.0, 1e9}) {
    for (std::size_t connections : {1, 3, 64, 1000}) {
      const Schedule schedule(window, rate, connections);
      const TimePoint end = window.start + Duration(static_cast<std::int64_t>(5000 / rate * 1e9));
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < connections; ++i) {
        const std::uint64_t count = schedule.due_before(i, end);
        EXPECT_GE(schedule.due(i, count), end);
        EXPECT_TRUE(count == 0 || schedule.due(i, count - 1) < end);
        total += count;
      }
      EXPECT_NEAR(static_cast<double>(total), 5000, 1) << rate << ' ' << connections;
    }
  }
}

TEST(LoadPattern, what_it_gives_is_what_it_accepts) {
  const Pattern pattern;
  for (std::uint64_t position : {0ULL, 1ULL, 4092ULL, 4093ULL, 1'000'000'007ULL}) {
    const auto bytes = pattern.bytes(position, Pattern::kLongest + 5);
    EXPECT_EQ(bytes.size(), Pattern::kLongest);
    EXPECT_FALSE(pattern.first_wrong(position, bytes).has_value());
    EXPECT_TRUE(pattern.first_wrong(position + 1, bytes).has_value());
  }
}

TEST(LoadPattern, blocks_that_are_lost_swapped_or_of_another_connection_do_not_fit) {
  const Pattern pattern;
  for (std::size_t block : {1U, 64U, 4096U, 16384U, 65536U}) {
    EXPECT_TRUE(pattern.first_wrong(0, pattern.bytes(block, 64)).has_value()) << block;
  }
  for (std::size_t i = 1; i < 1000; ++i) {
    const auto other = pattern.bytes(Pattern::start_of(i), 64);
    EXPECT_TRUE(pattern.first_wrong(Pattern::start_of(0), other).has_value()) << i;
  }
}

TEST(LoadReport, json_is_one_line_with_every_number) {
  LoadOptions options;
  options.target = Endpoint::parse("127.0.0.1:7000").value();
  options.connections = 2;
  options.size = 3;
  options.depth = 4;
  LoadResult result;
  result.latency.record(100us);
  result.latency.record(200us);
  result.measured = 500ms;
  result.answers = 5;
  const std::string json = json_report(options, {BackendKind::kIoUring, "why"}, result);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1);
  for (const char* part :
       {R"("requests":2,)", R"("seconds":0.500000,)", R"("requests_per_second":4.0,)",
        R"("latency_us":{"p50":)", R"("max":200.000,"mean":150.000})", R"("errors":0,)",
        R"("answers":5,)", R"("connections":2,"size":3,"depth":4,"rate":0,)",
        R"("backend":"io_uring","trigger":"none",)", R"("own_cpu_seconds":0.000000})"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
  const std::string text = text_report(options, {BackendKind::kIoUring, "why"}, result);
  EXPECT_THAT(text, HasSubstr("2 in 0.500 s = 4/s"));
  EXPECT_THAT(text, HasSubstr("io_uring (why)"));
}

}  // namespace
}  // namespace rondo::tools
