// SPDX-License-Identifier: MIT
#include "support/watchdog.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

constexpr int kSecondsToObey = 5;

std::atomic<Loop*> watched{nullptr};
std::atomic<int> barks{0};

void say(std::string_view text) noexcept {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

void bark(int) noexcept {
  if (barks.fetch_add(1) != 0) {
    say("watchdog: the test did not end after its loop was stopped\n");
    std::abort();
  }
  say("watchdog: the test takes too long; its loop is being stopped\n");
  if (Loop* loop = watched.load()) loop->stop();
}

int signal_number() noexcept { return SIGRTMIN + 3; }

}  // namespace

Watchdog::Watchdog(int seconds) {
  barks.store(0);
  struct sigaction action {};
  action.sa_handler = bark;
  action.sa_flags = SA_RESTART;
  require(::sigaction(signal_number(), &action, nullptr) == 0, "watchdog: sigaction");
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal_number();
  require(::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0, "watchdog: timer_create");
  itimerspec when{};
  when.it_value.tv_sec = seconds;
  when.it_interval.tv_sec = kSecondsToObey;
  require(::timer_settime(timer_, 0, &when, nullptr) == 0, "watchdog: timer_settime");
}

Watchdog::~Watchdog() {
  ::timer_delete(timer_);
  watched.store(nullptr);
}

void Watchdog::watch(Loop* loop) noexcept { watched.store(loop); }

bool Watchdog::has_barked() const noexcept { return barks.load() != 0; }

}  // namespace rondo
