// SPDX-License-Identifier: MIT
#include "tools/flags.h"

#include <cstdint>
#include <string>
#include <vector>

#include <absl/flags/flag.h>
#include <gtest/gtest.h>

#include "tools/flag_types.h"

ABSL_FLAG(std::int64_t, number, 7, "a number");
ABSL_FLAG(bool, loud, false, "a switch");
ABSL_FLAG(std::int64_t, max_size, 0, "a name of two words");
ABSL_FLAG(std::vector<std::string>, place, {}, "a list");
ABSL_FLAG(rondo::tools::TimeFlag, wait, {}, "a time");
ABSL_FLAG(rondo::tools::BackendFlag, backend, {}, "a backend");
ABSL_FLAG(rondo::tools::TriggerFlag, trigger, {}, "a trigger");

namespace rondo::tools {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

void parse(std::vector<std::string> arguments) {
  std::string program = "program";
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  parse_flags(static_cast<int>(argv.size()), argv.data(), "program: for a test");
}

TEST(Flags, values_come_after_an_equals_sign_or_as_the_next_argument) {
  parse({"--number=8"});
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 8);
  parse({"--number", "9"});
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 9);
  parse({"--number=1", "--number=2"});
  EXPECT_EQ(absl::GetFlag(FLAGS_number), 2);
}

TEST(Flags, switches_go_on_and_off) {
  parse({"--loud"});
  EXPECT_TRUE(absl::GetFlag(FLAGS_loud));
  parse({"--noloud"});
  EXPECT_FALSE(absl::GetFlag(FLAGS_loud));
  parse({"--loud=true"});
  EXPECT_TRUE(absl::GetFlag(FLAGS_loud));
}

TEST(Flags, words_of_a_name_are_joined_by_a_dash) {
  parse({"--max-size=5"});
  EXPECT_EQ(absl::GetFlag(FLAGS_max_size), 5);
}

TEST(Flags, a_list_given_several_times_adds_up) {
  parse({"--place=a", "--place", "b,c"});
  EXPECT_EQ(absl::GetFlag(FLAGS_place), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Flags, times_have_units) {
  parse({"--wait=1m30s"});
  EXPECT_EQ(absl::GetFlag(FLAGS_wait).time, 90s);
  parse({"--wait=0.2s"});
  EXPECT_EQ(absl::GetFlag(FLAGS_wait).time, 200ms);
}

TEST(Flags, backends_and_triggers_have_names) {
  parse({"--backend=io_uring", "--trigger=level"});
  EXPECT_EQ(absl::GetFlag(FLAGS_backend).kind, BackendKind::kIoUring);
  EXPECT_EQ(absl::GetFlag(FLAGS_trigger).trigger, Trigger::kLevel);
  parse({"--backend=poll", "--trigger=oneshot"});
  EXPECT_EQ(absl::GetFlag(FLAGS_backend).kind, BackendKind::kPoll);
  EXPECT_EQ(absl::GetFlag(FLAGS_trigger).trigger, Trigger::kOneShot);
  parse({"--backend=select"});
  EXPECT_EQ(absl::GetFlag(FLAGS_backend).kind, BackendKind::kSelect);
  parse({"--backend=auto", "--trigger=edge"});
  EXPECT_EQ(absl::GetFlag(FLAGS_backend).kind, BackendKind::kAuto);
  EXPECT_EQ(absl::GetFlag(FLAGS_trigger).trigger, Trigger::kEdge);
}

TEST(FlagsDeathTest, bad_usage_is_one_line_and_exit_code_2) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--nosuch"}, "unknown flag '--nosuch' .see --help.\n$"},
      {{"--nosuch=1"}, "unknown flag '--nosuch'"},
      {{"--nonumber"}, "unknown flag '--nonumber'"},
      {{"--noloud=1"}, "'--noloud' takes no value"},
      {{"--number"}, "'--number' needs a value"},
      {{"--number=x"}, "Illegal value 'x' specified for flag 'number'"},
      {{"--wait=3"}, "expected a time with its unit"},
      {{"--wait=-3s"}, "expected a time with its unit"},
      {{"--wait=inf"}, "expected a time with its unit"},
      {{"--backend=kqueue"}, "expected auto, io_uring, epoll, poll or select"},
      {{"--trigger=both"}, "expected edge, level or oneshot"},
      {{"stray"}, "unexpected argument 'stray'"},
      {{"a\nb"}, "unexpected argument 'a.b'"},
      {{""}, "unexpected argument ''"},
  };
  for (const auto& [arguments, message] : cases) {
    EXPECT_EXIT(parse(arguments), ExitedWithCode(2), message) << arguments[0];
  }
}

TEST(FlagsDeathTest, help_is_no_error) { EXPECT_EXIT(parse({"--help"}), ExitedWithCode(0), ""); }

}  // namespace
}  // namespace rondo::tools
