// SPDX-License-Identifier: MIT
#include "kernel/select/select_backend.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/readiness/time_limit.h"

namespace rondo {
namespace {

std::uint32_t wanted_events(const Slot& slot) noexcept {
  return (slot.has(kSlotWantsRead) ? kReadyIn : 0) | (slot.has(kSlotWantsWrite) ? kReadyOut : 0);
}

bool is_open(int fd) noexcept { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> SelectBackend::create() {
  WakeEvent wake;
  if (!wake.valid()) {
    return absl::UnavailableError(std::string("select: eventfd: ") + std::strerror(errno));
  }
  if (wake.number() >= DescriptorSet::kSize) {
    return absl::ResourceExhaustedError(
        "select: the loop's own descriptor got the number " + std::to_string(wake.number()) +
        ", but select sees only those below " + std::to_string(DescriptorSet::kSize) +
        "; open the loop earlier, or choose poll or epoll");
  }
  return std::unique_ptr<Backend>(new SelectBackend(std::move(wake)));
}

SelectBackend::SelectBackend(WakeEvent wake) noexcept
    : wake_(std::move(wake)), highest_(wake_.number()) {
  reading_.add(wake_.number());
}

void SelectBackend::apply(Slot& slot) noexcept {
  if (slot.interest == 0) {
    if (slot.fd >= DescriptorSet::kSize) {
      return refuse(
          slot, is_open(slot.fd) ? Error(Errc::descriptor_too_large) : Error::from_errno(EBADF));
    }
    Slot*& place = watched_[static_cast<std::size_t>(slot.fd)];
    if (place != nullptr) return refuse(slot, Error::from_errno(EEXIST));
    place = &slot;
  }
  ++counters_.changes;
  slot.interest = wanted_events(slot);
  watch(slot.fd, slot.interest);
}

void SelectBackend::drop(Slot& slot) noexcept {
  ++counters_.changes;
  watch(slot.fd, 0);
  watched_[static_cast<std::size_t>(slot.fd)] = nullptr;
}

void SelectBackend::watch(int fd, std::uint32_t events) noexcept {
  (events & kReadyIn) != 0 ? reading_.add(fd) : reading_.remove(fd);
  (events & kReadyOut) != 0 ? writing_.add(fd) : writing_.remove(fd);
  if (events != 0) {
    highest_ = std::max(highest_, fd);
  } else if (fd == highest_) {
    highest_ = (reading_ | writing_).highest();
  }
}

void SelectBackend::wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept {
  ++counters_.waits;
  ++counters_.calls;
  DescriptorSet readable = reading_;
  DescriptorSet writable = writing_;
  const TimeLimit time(limit);
  const int count =
      ::pselect(highest_ + 1, readable.native(), writable.empty() ? nullptr : writable.native(),
                nullptr, time.native(), nullptr);
  if (count < 0) return errno == EBADF ? refuse_closed() : wait_failed(errno, limit);
  counters_.events += static_cast<std::uint64_t>(count);
  if (count == 0) return;
  if (readable.has(wake_.number())) {
    readable.remove(wake_.number());
    ++counters_.calls;
    wake_.clear();
  }
  report(readable, writable, most_events, completed);
}

void SelectBackend::report(const DescriptorSet& readable, const DescriptorSet& writable,
                           std::size_t most_events, OpQueue& completed) noexcept {
  const DescriptorSet ready = readable | writable;
  const int begin = std::exchange(next_, 0);
  // From there to the end, then the rest.
  for (const auto& [from, to] : {std::pair(begin, DescriptorSet::kSize), std::pair(0, begin)}) {
    for (int fd = ready.next(from); fd < to; fd = ready.next(fd + 1)) {
      if (most_events-- == 0) {
        next_ = fd;
        return;
      }
      const std::uint32_t events =
          (readable.has(fd) ? kReadyIn : 0) | (writable.has(fd) ? kReadyOut : 0);
      on_event(*watched_[static_cast<std::size_t>(fd)], events, completed);
    }
  }
}

// Somebody has closed a descriptor on which others wait. The kernel does not say which.
void SelectBackend::refuse_closed() noexcept {
  for (Slot* slot : watched_) {
    if (slot != nullptr && !is_open(slot->fd)) refuse(*slot, Error::from_errno(EBADF));
  }
}

}  // namespace rondo
