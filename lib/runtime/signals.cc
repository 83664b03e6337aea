// SPDX-License-Identifier: MIT
#include "rondo/runtime/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "rondo/io/wait_fd.h"

namespace rondo {
namespace {

constexpr int kMostSignals = 65;  // numbers from 1 to 64

// A handler gets nothing but a number, so where it writes to stands in a table. `running` handlers
// have looked there and may be about to write: whoever closes the pipe waits for them.
struct Target {
  std::atomic<int> pipe{-1};
  std::atomic<int> running{0};
};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");
std::array<Target, kMostSignals> targets;

void on_signal(int number) {
  const int error = errno;
  Target& target = targets[static_cast<std::size_t>(number)];
  // seq_cst on both sides: either the destructor sees this handler or the handler sees its -1.
  target.running.fetch_add(1);
  const int pipe = target.pipe.load();
  const auto byte = static_cast<std::uint8_t>(number);
  // A full pipe holds more signals than anybody will tell apart.
  if (pipe >= 0) static_cast<void>(!::write(pipe, &byte, 1));
  target.running.fetch_sub(1);
  errno = error;
}

}  // namespace

struct Signals::Installed {
  int number;
  struct sigaction before;
};

Signals::Signals() noexcept = default;

absl::StatusOr<std::unique_ptr<Signals>> Signals::open(const std::vector<int>& numbers) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return absl::ResourceExhaustedError(std::string("signals: pipe: ") + std::strerror(errno));
  }
  std::unique_ptr<Signals> signals(new Signals);
  signals->read_end_ = Fd(ends[0]);
  signals->write_end_ = Fd(ends[1]);
  for (int number : numbers) {
    const std::string name = "signal " + std::to_string(number);
    if (number < 1 || number >= kMostSignals) return absl::InvalidArgumentError(name + ": no such");
    int nobody = -1;
    if (!targets[static_cast<std::size_t>(number)].pipe.compare_exchange_strong(nobody, ends[1])) {
      return absl::AlreadyExistsError(name + ": another Signals object has it");
    }
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    Installed installed{number, {}};
    if (::sigaction(number, &action, &installed.before) != 0) {
      targets[static_cast<std::size_t>(number)].pipe.store(-1);
      return absl::InvalidArgumentError(name + ": " + std::strerror(errno));
    }
    signals->installed_.push_back(installed);
  }
  return signals;
}

Signals::~Signals() {
  for (const Installed& installed : installed_) {
    ::sigaction(installed.number, &installed.before, nullptr);
    Target& target = targets[static_cast<std::size_t>(installed.number)];
    target.pipe.store(-1);
    while (target.running.load() != 0) std::this_thread::yield();
  }
}

Task<Result<int>> Signals::next() {
  for (;;) {
    std::uint8_t number = 0;
    if (::read(read_end_.number(), &number, 1) == 1) co_return number;
    auto there = co_await wait_readable(read_end_.number());
    if (!there) co_return there.error();
  }
}

}  // namespace rondo
