// SPDX-License-Identifier: MIT
// tools/gdb/rondo.py, on a program that has stopped with coroutines that await each other.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rondo {
namespace {

using ::testing::ContainsRegex;

// What gdb prints for these commands, once the program is where it stops.
std::string gdb(const std::string& commands) {
  const std::string line =
      "gdb -batch -nx -ex 'set debuginfod enabled off' -ex 'source " RONDO_GDB_SCRIPT
      "' -ex 'set breakpoint pending on' -ex 'break stop_here' -ex run " +
      commands + " " RONDO_GDB_SUBJECT " 2>&1";
  std::string printed;
  std::FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  char buffer[4096];
  while (std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) {
    printed.append(buffer, count);
  }
  ::pclose(pipe);
  return printed;
}

class GdbTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("gdb --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "gdb is not installed";
  }
};

TEST_F(GdbTest, prints_the_stack_of_coroutines_in_order) {
  const std::string printed = gdb("-ex 'set $rondo_loop = shown_loop' -ex 'rondo stack'");
  EXPECT_THAT(printed, ContainsRegex("reader: Accept, fd [0-9]+\n"));
  EXPECT_THAT(printed, ContainsRegex("Household::family: Scope::Join\n"
                                     " +#0 Household::family at subject.cc:[0-9]+\n"));
  EXPECT_THAT(printed, ContainsRegex("outermost: Sleep\n"
                                     " +#0 innermost at subject.cc:[0-9]+\n"
                                     " +#1 middle at subject.cc:[0-9]+\n"
                                     " +#2 outermost at subject.cc:[0-9]+\n"))
      << printed;
}

TEST_F(GdbTest, picks_tasks_by_a_word_and_says_when_there_is_no_loop) {
  const std::string printed =
      gdb("-ex 'rondo tasks' -ex 'set $rondo_loop = shown_loop' -ex 'rondo tasks outermost'");
  EXPECT_THAT(printed, ContainsRegex("No thread is in a loop"));
  EXPECT_THAT(printed, ContainsRegex("outermost: Sleep\n")) << printed;
  EXPECT_EQ(printed.find("reader"), std::string::npos) << printed;
}

}  // namespace
}  // namespace rondo
