// SPDX-License-Identifier: MIT
#include "tools/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <utility>

#include <gtest/gtest.h>

namespace rondo::tools {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }

  Fd read;
  Fd write;
};

// Up to and with the end of a line, or to the end.
std::string read_until(const Fd& fd, bool end_of_line) {
  std::string text;
  char letter;
  while (::read(fd.number(), &letter, 1) == 1) {
    text += letter;
    if (end_of_line && letter == '\n') break;
  }
  return text;
}

}  // namespace

Program::Program(const std::string& name, std::vector<std::string> arguments) {
  // The test programs and the programs are in two folders of one build.
  const auto build = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
  std::string path = build / "tools" / name;
  std::vector<char*> argv = {path.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Pipe output;
  Pipe errors;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output.write.number(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write.number(), STDERR_FILENO);
  const int error = ::posix_spawn(&pid_, path.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << path << " cannot be started; is it compiled?";
  if (error != 0) pid_ = -1;
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
}

Program::~Program() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Program::line() {
  std::string text = read_until(output_, true);
  if (!text.empty()) text.pop_back();
  return text;
}

void Program::signal(int number) { ::kill(pid_, number); }

Program::Ending Program::wait() {
  if (pid_ < 0) return {.exit_code = -1, .output = {}, .errors = {}};
  Ending ending{
      .exit_code = -1, .output = read_until(output_, false), .errors = read_until(errors_, false)};
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) ending.exit_code = WEXITSTATUS(status);
  return ending;
}

}  // namespace rondo::tools
