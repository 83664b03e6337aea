// SPDX-License-Identifier: MIT
#include "rondo/observe/prometheus.h"

#include <cstdint>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::Not;

class PrometheusTest : public World {
 protected:
  void SetUp() override {
    LoopOptions options{.backend = BackendKind::kEpoll, .observe = true};
    options.clock = &clock_;
    open(std::move(options));
  }

  std::string text(const std::string& name = "main") {
    const NamedLoop loops[] = {{.name = name, .loop = &loop()}};
    return prometheus_text(loops);
  }

  ManualClock clock_{TimePoint{} + 1h};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_F(PrometheusTest, every_line_is_one_of_the_format_and_follows_its_help_and_type) {
  const std::regex sample(
      R"(([a-z_]+)\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="[^"]*")?\} (\d+|\d*\.?\d+(e-?\d+)?))");
  const std::string all = text();
  EXPECT_EQ(all.back(), '\n');
  std::string family;
  for (const std::string& line : lines_of(all)) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_THAT(line, HasSubstr(" " + family + " ")) << "its HELP comes right before";
    } else {
      EXPECT_TRUE(std::regex_match(line, sample)) << line;
      EXPECT_TRUE(line.starts_with(family)) << line;
    }
  }
}

TEST_F(PrometheusTest, counters_are_those_of_the_loop) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(loop().post([] {}));
  turn();
  EXPECT_THAT(text(), HasSubstr("\nrondo_posts_total{loop=\"main\"} 3\n"));
  EXPECT_THAT(text(), HasSubstr("# TYPE rondo_posts_total counter\n"));
  EXPECT_THAT(text(), HasSubstr("\nrondo_closes_total{loop=\"main\",reason=\"peer\"} 0\n"));
}

TEST_F(PrometheusTest, what_a_name_may_not_hold_is_escaped) {
  EXPECT_THAT(text("a\"b\\c\nd"), HasSubstr(R"({loop="a\"b\\c\nd"})"));
}

TEST_F(PrometheusTest, buckets_are_cumulative_and_end_with_all) {
  for (const Duration took : {Duration(50us), Duration(3ms), Duration(3ms), Duration(20s)}) {
    EXPECT_TRUE(loop().post([this, took] { clock_.advance(took); }));
    turn(1);
  }
  const std::string all = text();
  const auto bucket = [&](const std::string& end, int count) {
    return HasSubstr("rondo_turn_seconds_bucket{loop=\"main\",le=\"" + end + "\"} " +
                     std::to_string(count) + "\n");
  };
  EXPECT_THAT(all, bucket("1e-05", 0));
  EXPECT_THAT(all, bucket("0.0001", 1));
  EXPECT_THAT(all, bucket("0.001", 1));
  EXPECT_THAT(all, bucket("0.005", 3));
  EXPECT_THAT(all, bucket("5", 3));
  EXPECT_THAT(all, bucket("+Inf", 4));
  EXPECT_THAT(all, HasSubstr("rondo_turn_seconds_sum{loop=\"main\"} 20.006050000\n"));
  EXPECT_THAT(all, HasSubstr("rondo_turn_seconds_count{loop=\"main\"} 4\n"));
}

// The number behind `name` in a line of `text`.
std::uint64_t number_after(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + ' ');
  EXPECT_NE(at, std::string::npos) << name;
  return std::stoull(text.substr(at + name.size() + 1));
}

TEST(PrometheusOfARunningLoop, no_bucket_has_what_came_while_they_were_read) {
  const auto loop = Loop::create({.backend = BackendKind::kEpoll, .observe = true}).value();
  loop->spawn([]() -> Task<> {
    auto slept = co_await sleep(0ms);
    while (slept) slept = co_await sleep(0ms);
  });
  std::thread other([&] { loop->run(); });
  const NamedLoop loops[] = {{.name = "main", .loop = loop.get()}};
  for (int i = 0; i < 500; ++i) {
    const std::string all = prometheus_text(loops);
    const std::string bucket = "rondo_turn_seconds_bucket{loop=\"main\",le=";
    const std::uint64_t count = number_after(all, bucket + "\"+Inf\"}");
    EXPECT_EQ(count, number_after(all, bucket + "\"5\"}")) << "no turn takes 5 s";
    EXPECT_EQ(count, number_after(all, "rondo_turn_seconds_count{loop=\"main\"}"));
  }
  loop->stop();
  other.join();
}

TEST_F(PrometheusTest, each_loop_has_its_lines_under_one_head) {
  const auto plain = Loop::create({.backend = BackendKind::kEpoll}).value();
  const NamedLoop loops[] = {{.name = "a", .loop = &loop()}, {.name = "b", .loop = plain.get()}};
  const std::string all = prometheus_text(loops);
  std::map<std::string, int> heads;
  for (const std::string& line : lines_of(all)) {
    if (line.starts_with("# ")) ++heads[line];
  }
  for (const auto& [head, times] : heads) EXPECT_EQ(times, 1) << head;
  EXPECT_THAT(all, HasSubstr("rondo_turns_total{loop=\"b\"} 0\n"));
  EXPECT_THAT(all, Not(HasSubstr("rondo_turn_seconds_count{loop=\"b\"}")))
      << "a loop that is not observed has no times";
}

}  // namespace
}  // namespace rondo
