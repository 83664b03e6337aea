// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo_top/view.h"
#include "tools/program.h"

namespace rondo::tools {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

LoopState state(const char* name, std::uint64_t turns) {
  LoopState made;
  made.loop = name;
  made.backend = "epoll";
  made.asked = {Answer::kGiven, 85us};
  made.counters.turns = turns;
  return made;
}

TEST(RondoTopView, shows_rates_between_two_samples) {
  const Sample before{.time = TimePoint(1s), .loops = {state("a", 1000)}, .waiting = {}};
  const Sample now{.time = TimePoint(3s), .loops = {state("a", 5000)}, .waiting = {"a task: x"}};
  const auto lines = view_lines(before, now, 200, 50);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_THAT(lines[1], ContainsRegex("^a +epoll +2.00k .* 85us +0 +0$"));
  EXPECT_EQ(lines[4], "  a task: x");
}

DurationCounts counts(std::initializer_list<Duration> durations) {
  Histogram histogram;
  for (Duration each : durations) histogram.record(each);
  return DurationCounts(histogram);
}

TEST(RondoTopView, shows_percentiles_of_what_was_measured_in_between) {
  Sample before{.time = TimePoint(1s), .loops = {state("a", 0)}, .waiting = {}};
  Sample now = before;
  before.loops[0].turn_times = counts({5s});
  now.loops[0].turn_times = counts({5s, 100us});
  now.loops[0].timer_lags = counts({2ms});
  EXPECT_THAT(view_lines(before, now, 200, 50)[1], ContainsRegex(" 108us +2.05ms +85us +0 +0$"));
  // Nothing in between; and not observed at all.
  EXPECT_THAT(view_lines(now, now, 200, 50)[1], ContainsRegex(" - +- +85us +0 +0$"));
  now.loops[0].turn_times.reset();
  now.loops[0].timer_lags.reset();
  EXPECT_THAT(view_lines(before, now, 200, 50)[1], ContainsRegex(" - +- +85us +0 +0$"));
}

// The widest that comes to pass.
Sample busy_loops() {
  Sample sample{.time = TimePoint(3s), .loops = {}, .waiting = {}};
  for (const char* name : {"main", "master-0", "sub-12"}) {
    LoopState loop = state(name, 5'432'000);
    loop.backend = "io_uring";
    loop.counters.resumed = loop.counters.system_calls = 12'345'678;
    loop.counters.bytes_received = loop.counters.bytes_sent = 1'234'000'000;
    loop.counters.posts = loop.counters.wakes = 99'900;
    loop.asked.took = 123ms;
    loop.turn_times = loop.timer_lags = counts({123ms});
    loop.tasks = loop.descriptors = 10'000;
    sample.loops.push_back(loop);
  }
  return sample;
}

TEST(RondoTopView, leaves_out_columns_where_the_terminal_is_narrow) {
  Sample idle = busy_loops();
  for (LoopState& loop : idle.loops) {
    loop.counters = {};
    loop.turn_times = loop.timer_lags = counts({});
  }
  idle.time = TimePoint(2s);
  const auto wide = view_lines(idle, busy_loops(), 120, 50);
  EXPECT_LE(wide[0].size(), 120u);
  EXPECT_THAT(wide[0], HasSubstr("POSTS  WAKES"));
  for (const std::string& line : wide) EXPECT_EQ(line.size(), wide[0].size());
  const auto narrow = view_lines(idle, busy_loops(), 80, 50);
  EXPECT_LE(narrow[0].size(), 80u);
  EXPECT_THAT(narrow[0], ContainsRegex("TURN99 +LATE99 +LAG TASKS +FDS$"));
  EXPECT_THAT(narrow[2], ContainsRegex("^master-0 .* 131.07ms 131.07ms 123.00ms 10000 10000$"));
  EXPECT_EQ(narrow[0].find("WAKES"), std::string::npos);
  EXPECT_LE(view_lines(idle, busy_loops(), 60, 50)[0].size(), 60u);
}

TEST(RondoTopView, fits_on_the_screen) {
  Sample now{.time = TimePoint(3s), .loops = {state("a", 5000)}, .waiting = {}};
  now.waiting.assign(100, std::string(300, 'x'));
  const auto lines = view_lines(now, now, 40, 10);
  EXPECT_EQ(lines.size(), 10u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 40u);
}

TEST(RondoTopView, names_a_loop_that_does_not_answer_and_starts_anew_with_the_server) {
  const Sample before{.time = TimePoint(1s), .loops = {state("a", 5000)}, .waiting = {}};
  Sample now{.time = TimePoint(2s), .loops = {state("a", 10), state("b", 7)}, .waiting = {}};
  now.loops[0].asked.answer = Answer::kLate;
  const auto lines = view_lines(before, now, 200, 50);
  EXPECT_THAT(lines[1], ContainsRegex("^a +epoll +0 .*STALLED +- +-$"));
  EXPECT_THAT(lines[2], ContainsRegex("^b +epoll +0 "));
}

TEST(RondoTopView, writes_numbers_shortly) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(999), "999");
  EXPECT_EQ(short_number(999.6), "1.00k");
  EXPECT_EQ(short_number(12345), "12.3k");
  EXPECT_EQ(short_number(123456), "123k");
  EXPECT_EQ(short_number(4.56e6), "4.56M");
  EXPECT_EQ(short_time(999us), "999us");
  EXPECT_EQ(short_time(1200us), "1.20ms");
  EXPECT_EQ(short_time(2s), "2.00s");
}

TEST(RondoTopProgram, prints_a_table_of_a_running_server) {
  const std::string name =
      "unix:" + testing::TempDir() + "rondo-top-test-" + std::to_string(::getpid());
  Program server("rondo-echo",
                 {"--listen=unix:@", "--topology=master-sub", "--workers=1", "--inspect=" + name});
  EXPECT_THAT(server.line(), HasSubstr("listening on"));
  Program top("rondo-top", {"--server=" + name, "--once", "--interval=50ms"});
  const Program::Ending ending = top.wait();
  EXPECT_EQ(ending.exit_code, 0) << ending.errors;
  EXPECT_THAT(ending.output, ContainsRegex("LOOP +BACKEND.*\nmain .*\nmaster-0 .*\nsub-0 "));
  EXPECT_THAT(ending.output, HasSubstr("accept_all: accept"));
  EXPECT_EQ(ending.output.find('\x1b'), std::string::npos);
}

TEST(RondoTopProgram, shows_turn_times_of_a_server_that_is_observed) {
  const std::string name =
      "unix:" + testing::TempDir() + "rondo-top-observed-" + std::to_string(::getpid());
  Program server("rondo-echo", {"--listen=unix:@", "--topology=master-sub", "--workers=1",
                                "--observe", "--inspect=" + name});
  EXPECT_THAT(server.line(), HasSubstr("listening on"));
  Program top("rondo-top", {"--server=" + name, "--once", "--interval=50ms"});
  const Program::Ending ending = top.wait();
  EXPECT_EQ(ending.exit_code, 0) << ending.errors;
  // Asking makes each loop turn at least once.
  for (const char* loop : {"main", "master-0", "sub-0"}) {
    EXPECT_THAT(ending.output, ContainsRegex("\n" + std::string(loop) +
                                             " .* [0-9.]+(us|ms|s) +- +[0-9.]+(us|ms|s) +[0-9]+ "));
  }
}

TEST(RondoTopProgram, says_in_one_line_what_is_wrong) {
  Program nobody("rondo-top", {"--server=unix:@nobody-is-there", "--once"});
  Program::Ending ending = nobody.wait();
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_THAT(ending.errors, ContainsRegex("^rondo-top: unix:@nobody-is-there: [^\n]*\n$"));
  Program without("rondo-top", {});
  ending = without.wait();
  EXPECT_EQ(ending.exit_code, 2);
  EXPECT_THAT(ending.errors, HasSubstr("--server"));
}

}  // namespace
}  // namespace rondo::tools
