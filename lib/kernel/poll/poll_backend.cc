// SPDX-License-Identifier: MIT
#include "kernel/poll/poll_backend.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/readiness/time_limit.h"

namespace rondo {
namespace {

static_assert(POLLIN == kReadyIn && POLLOUT == kReadyOut && POLLERR == kReadyError &&
              POLLHUP == kReadyHangUp);

short wanted_events(const Slot& slot) noexcept {
  int wanted = 0;
  if (slot.has(kSlotWantsRead)) wanted |= POLLIN;
  if (slot.has(kSlotWantsWrite)) wanted |= POLLOUT;
  return static_cast<short>(wanted);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> PollBackend::create() {
  WakeEvent wake;
  if (!wake.valid()) {
    return absl::UnavailableError(std::string("poll: eventfd: ") + std::strerror(errno));
  }
  return std::unique_ptr<Backend>(new PollBackend(std::move(wake)));
}

PollBackend::PollBackend(WakeEvent wake)
    : wake_(std::move(wake)),
      entries_{{.fd = wake_.number(), .events = POLLIN, .revents = 0}},
      watched_{nullptr} {}

void PollBackend::apply(Slot& slot) noexcept {
  ++counters_.changes;
  if (slot.interest == 0) {
    slot.interest = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({.fd = slot.fd, .events = 0, .revents = 0});
    watched_.push_back(&slot);
  }
  entries_[slot.interest].events = wanted_events(slot);
}

void PollBackend::drop(Slot& slot) noexcept {
  ++counters_.changes;
  entries_[slot.interest] = entries_.back();
  watched_[slot.interest] = watched_.back();
  watched_[slot.interest]->interest = slot.interest;
  entries_.pop_back();
  watched_.pop_back();
}

int PollBackend::wait_for_events(Duration limit) noexcept {
  ++counters_.waits;
  ++counters_.calls;
  const TimeLimit time(limit);
  const int count = ::ppoll(entries_.data(), entries_.size(), time.native(), nullptr);
  return count < 0 && errno == EINVAL ? ask_in_pieces(limit) : count;
}

// More entries than RLIMIT_NOFILE are refused, but it may have been lowered below what is open.
// Then the array is asked piece by piece, and waiting means to ask again soon.
int PollBackend::ask_in_pieces(Duration limit) noexcept {
  rlimit open{};
  ++counters_.calls;
  ::getrlimit(RLIMIT_NOFILE, &open);
  const std::size_t most = std::max<std::size_t>(open.rlim_cur, 1);
  const Duration one = std::chrono::milliseconds(1);
  const TimeLimit pause(limit < Duration(0) ? one : std::min(limit, one));
  int found = 0;
  for (std::size_t begin = 0; begin < entries_.size(); begin += most) {
    const std::size_t size = std::min(most, entries_.size() - begin);
    const TimeLimit none(Duration(0));
    const TimeLimit& time = begin == 0 ? pause : none;
    ++counters_.calls;
    const int count = ::ppoll(&entries_[begin], size, time.native(), nullptr);
    if (count < 0) return count;
    found += count;
  }
  return found;
}

void PollBackend::wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept {
  const int found = wait_for_events(limit);
  if (found < 0) return wait_failed(errno, limit);
  auto count = static_cast<std::size_t>(found);
  counters_.events += count;
  if (entries_.front().revents != 0) {
    ++counters_.calls;
    wake_.clear();
    --count;
  }
  report(std::min(count, most_events), completed);
  if (count <= most_events) next_ = 1;
}

void PollBackend::report(std::size_t count, OpQueue& completed) noexcept {
  std::size_t place = next_;
  for (; count > 0; ++place) {
    if (place >= entries_.size()) place = 1;
    const auto ready = static_cast<unsigned short>(std::exchange(entries_[place].revents, 0));
    if (ready == 0) continue;
    --count;
    Slot& slot = *watched_[place];
    if ((ready & POLLNVAL) == 0) {
      on_event(slot, ready, completed);
    } else {
      refuse(slot, Error::from_errno(EBADF));
    }
    // It may have been forgotten, and then the last one is here now.
    if (slot.interest != place) --place;
  }
  next_ = place;
}

}  // namespace rondo
