// SPDX-License-Identifier: MIT
#include "interrupt.h"

#include <poll.h>
#include <signal.h>

#include <cerrno>

#include "failure.h"

namespace rondo::bench {
namespace {

volatile sig_atomic_t interrupted = 0;

void note_interrupt(int /*signal_number*/) { interrupted = 1; }

sigset_t interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void hold_interrupts() {
  const sigset_t held = interrupts();
  sigprocmask(SIG_BLOCK, &held, nullptr);
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) signal(signal_number, note_interrupt);
  signal(SIGPIPE, SIG_IGN);  // a load that died shows in the failed write
}

void release_interrupts() {
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(signal_number, SIG_DFL);
  const sigset_t held = interrupts();
  sigprocmask(SIG_UNBLOCK, &held, nullptr);
}

bool wait_readable(int fd, std::chrono::milliseconds patience) {
  sigset_t none;
  sigemptyset(&none);
  pollfd watched = {.fd = fd, .events = POLLIN, .revents = 0};
  const timespec timeout = {.tv_sec = patience.count() / 1000,
                            .tv_nsec = patience.count() % 1000 * 1'000'000};
  const int ready = ppoll(&watched, 1, &timeout, &none);
  if (interrupted != 0) throw Interrupted();
  if (ready < 0 && errno != EINTR) throw Failure("ppoll failed");
  return ready > 0;
}

}  // namespace rondo::bench
