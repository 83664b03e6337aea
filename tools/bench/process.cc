// SPDX-License-Identifier: MIT
#include "process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "failure.h"
#include "interrupt.h"

namespace rondo::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTermination{3000};  // from SIGTERM to SIGKILL
constexpr timespec kReapInterval = {.tv_sec = 0, .tv_nsec = 2'000'000};

struct Pipe {
  int read_end;
  int write_end;
};

Pipe open_pipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Failure("cannot open a pipe");
  return {.read_end = ends[0], .write_end = ends[1]};
}

// In the child. Returns only when the program could not be started; errno says why.
void become(const std::vector<std::string>& command, const std::vector<int>& cores, int input,
            int output, int complaints) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  for (const int core : cores) CPU_SET(static_cast<unsigned>(core), &allowed);
  if (!cores.empty() && sched_setaffinity(0, sizeof allowed, &allowed) != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  release_interrupts();
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(complaints, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return std::string("killed by signal ") + strsignal(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::vector<int>& cores)
    : name_(command.at(0).substr(command[0].rfind('/') + 1)) {
  const Pipe input = open_pipe();
  const Pipe output = open_pipe();
  complaints_ = memfd_create("complaints", MFD_CLOEXEC);
  if (complaints_ < 0) throw Failure("cannot open a file in memory");
  const Pipe refusal = open_pipe();  // carries errno when exec fails, closes when it succeeds
  pid_ = fork();
  if (pid_ == 0) {
    become(command, cores, input.read_end, output.write_end, complaints_);
    const int error = errno;
    if (write(refusal.write_end, &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
  close(input.read_end);
  close(output.write_end);
  close(refusal.write_end);
  input_ = input.write_end;
  output_ = output.read_end;
  int error = 0;
  const bool refused = pid_ < 0 || read(refusal.read_end, &error, sizeof error) > 0;
  close(refusal.read_end);
  if (!refused) return;
  // The destructor of an object whose constructor throws does not run.
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  close(input_);
  close(output_);
  close(complaints_);
  throw Failure("cannot start " + name_ + ": " + strerror(error));
}

Process::~Process() {
  close(input_);
  close(output_);
  close(complaints_);
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  kill(pid_, SIGCONT);  // it may rest
  const auto deadline = steady_clock::now() + kTermination;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (steady_clock::now() >= deadline) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      return;
    }
    nanosleep(&kReapInterval, nullptr);
  }
}

bool Process::read_more(steady_clock::time_point deadline, milliseconds patience) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  if (left.count() <= 0 || !wait_readable(output_, left)) {
    throw Failure(name_ + " printed nothing more within " + std::to_string(patience.count()) +
                  " ms");
  }
  std::array<char, 4096> bytes;
  const ssize_t size = read(output_, bytes.data(), bytes.size());
  if (size <= 0) return false;
  unread_.append(bytes.data(), static_cast<size_t>(size));
  return true;
}

std::string Process::read_line(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (!read_more(deadline, patience)) fail_as_dead();
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

void Process::await_output(milliseconds patience) const { wait_readable(output_, patience); }

std::string Process::read_all(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (read_more(deadline, patience)) {
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (status != 0) fail_with(status);
  return std::move(unread_);
}

void Process::write_line(std::string_view line) {
  const std::string bytes = std::string(line) + "\n";
  if (write(input_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    fail_as_dead();
  }
}

void Process::rest() { kill(pid_, SIGSTOP); }

void Process::wake() { kill(pid_, SIGCONT); }

double Process::cpu_seconds() const {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    throw Failure(name_ + " has died: it has no processor clock");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void Process::require_alive(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  int status = 0;
  while (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == 0) {
    if (steady_clock::now() >= deadline) return;
    nanosleep(&kReapInterval, nullptr);
  }
  pid_ = -1;
  fail_with(status);
}

void Process::fail_with(int status) {
  const std::string complaint = last_complaint();
  throw Failure(name_ + " died: " + describe_end(status) +
                (complaint.empty() ? "" : " (" + complaint + ")"));
}

std::string Process::last_complaint() const {
  std::array<char, 8192> bytes;
  struct stat file;
  if (fstat(complaints_, &file) != 0) return "";
  const off_t begin = std::max<off_t>(0, file.st_size - static_cast<off_t>(bytes.size()));
  const ssize_t size = pread(complaints_, bytes.data(), bytes.size(), begin);
  std::string text(bytes.data(), static_cast<size_t>(std::max<ssize_t>(0, size)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Its pipe has ended; its end follows within moments, unless it only closed its output.
void Process::fail_as_dead() {
  require_alive(kTermination);
  throw Failure(name_ + " closed its output");
}

}  // namespace rondo::bench
