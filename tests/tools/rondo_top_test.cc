// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
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
  EXPECT_THAT(lines[1], ContainsRegex("^a +epoll +2.00k .* 85 us +0 +0$"));
  EXPECT_EQ(lines[4], "  a task: x");
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
  EXPECT_EQ(short_time(999us), "999 us");
  EXPECT_EQ(short_time(1200us), "1.20 ms");
  EXPECT_EQ(short_time(2s), "2.00 s");
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
