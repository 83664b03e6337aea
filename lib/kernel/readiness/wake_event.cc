// SPDX-License-Identifier: MIT
#include "kernel/readiness/wake_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace rondo {

WakeEvent::WakeEvent() noexcept : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void WakeEvent::signal() const noexcept {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is full, and then the wake is already under
  // way.
  [[maybe_unused]] const ssize_t written = ::write(event_.number(), &one, sizeof one);
}

void WakeEvent::clear() const noexcept {
  std::uint64_t count;
  // EAGAIN means that it was clear.
  [[maybe_unused]] const ssize_t size = ::read(event_.number(), &count, sizeof count);
}

}  // namespace rondo
