// SPDX-License-Identifier: MIT
#include "kernel/epoll/epoll_backend.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "kernel/readiness/time_limit.h"

namespace rondo {
namespace {

constexpr std::size_t kMostEvents = 1024;
constexpr std::uint32_t kWakeIndex = UINT32_MAX;

std::uint64_t name_of_slot(const Slot& slot) noexcept {
  return slot.index | static_cast<std::uint64_t>(slot.generation) << 32;
}

// What the slot should be registered for; 0 for nothing.
std::uint32_t wanted_interest(const Slot& slot) noexcept {
  if (slot.has(kSlotEdge)) return EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  std::uint32_t wanted = 0;
  if (slot.has(kSlotWantsRead)) wanted |= EPOLLIN;
  if (slot.has(kSlotWantsWrite)) wanted |= EPOLLOUT;
  if (wanted != 0 && slot.has(kSlotOneShot)) wanted |= EPOLLONESHOT;
  return wanted;
}

static_assert(EPOLLIN == kReadyIn && EPOLLPRI == kReadyUrgent && EPOLLOUT == kReadyOut &&
              EPOLLERR == kReadyError && EPOLLHUP == kReadyHangUp && EPOLLRDHUP == kReadyPeerDone);

absl::Status refused(const char* call, int error) {
  return absl::UnavailableError(std::string("epoll: ") + call + ": " + std::strerror(error));
}

// Edge-triggered, so that it need not be read: each write is an event of its own.
int add_wake_event(int epoll, const WakeEvent& wake) noexcept {
  epoll_event registration{};
  registration.events = EPOLLIN | EPOLLET;
  registration.data.u64 = kWakeIndex;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake.number(), &registration);
}

// The old call counts in milliseconds; rounded up, because early is worse than late.
int to_milliseconds(Duration wait) noexcept {
  if (wait < Duration(0)) return -1;
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> EpollBackend::create(const EpollOptions& options) {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return refused("epoll_create1", errno);
  WakeEvent wake;
  if (!wake.valid()) return refused("eventfd", errno);
  if (add_wake_event(epoll.number(), wake) != 0) return refused("epoll_ctl", errno);
  return std::unique_ptr<Backend>(new EpollBackend(options, std::move(epoll), std::move(wake)));
}

EpollBackend::EpollBackend(const EpollOptions& options, Fd epoll, WakeEvent wake)
    : trigger_(options.trigger == Trigger::kDefault ? Trigger::kEdge : options.trigger),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      events_(64) {}

std::uint16_t EpollBackend::mode_of(const Slot& slot) const noexcept {
  if (slot.has(kSlotListener)) return 0;
  switch (slot.trigger == Trigger::kDefault ? trigger_ : slot.trigger) {
    case Trigger::kDefault:
    case Trigger::kEdge:
      return kSlotEdge;
    case Trigger::kLevel:
      return 0;
    case Trigger::kOneShot:
      return kSlotOneShot;
  }
  return 0;
}

void EpollBackend::drop(Slot& slot) noexcept {
  // close(2) takes a descriptor of our own out of the set by itself.
  if (slot.has(kSlotClosing) && !slot.has(kSlotForeign)) return;
  ++counters_.changes;
  ++counters_.calls;
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, slot.fd, nullptr);
}

void EpollBackend::apply(Slot& slot) noexcept {
  const std::uint32_t wanted = wanted_interest(slot);
  // A shot that has been fired must be armed anew for the same.
  if (wanted == slot.interest && !slot.has(kSlotOneShot)) return;
  epoll_event registration{};
  registration.events = wanted;
  registration.data.u64 = name_of_slot(slot);
  const int operation = slot.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  ++counters_.changes;
  ++counters_.calls;
  if (::epoll_ctl(epoll_.number(), operation, slot.fd, &registration) == 0) {
    slot.interest = wanted;
    return;
  }
  // EPERM: a file that cannot be polled because it is always ready, as poll(2) would say.
  refuse(slot, errno == EPERM && slot.has(kSlotForeign) ? Error() : Error::from_errno(errno));
}

int EpollBackend::poll_fd() const noexcept {
  if (!host_.valid()) {
    host_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    show_to_host();
  }
  return host_.number();
}

void EpollBackend::show_to_host() const noexcept {
  if (!host_.valid()) return;
  epoll_event registration{};
  registration.events = EPOLLIN;
  if (::epoll_ctl(host_.number(), EPOLL_CTL_ADD, epoll_.number(), &registration) != 0) host_ = Fd();
}

int EpollBackend::wait_for_events(int capacity, Duration limit) noexcept {
  ++counters_.waits;
  ++counters_.calls;
  if (has_pwait2_ && limit > Duration(0)) {
    const TimeLimit time(limit);
    const int count =
        ::epoll_pwait2(epoll_.number(), events_.data(), capacity, time.native(), nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    has_pwait2_ = false;
    ++counters_.calls;
  }
  return ::epoll_wait(epoll_.number(), events_.data(), capacity, to_milliseconds(limit));
}

void EpollBackend::wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept {
  const auto capacity = static_cast<int>(std::min({events_.size(), most_events, kMostEvents}));
  const int count = wait_for_events(capacity, limit);
  if (count < 0) return wait_failed(errno, limit);
  counters_.events += static_cast<std::uint64_t>(count);
  bool stale = false;
  for (const epoll_event& event : std::span(events_.data(), static_cast<std::size_t>(count))) {
    const std::uint64_t name = event.data.u64;
    Slot* slot =
        slots().find(static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32));
    if (slot != nullptr) [[likely]] {
      on_event(*slot, event.events, completed);
    } else if (name != kWakeIndex) {
      stale = true;
      ++counters_.stale_events;
    }
  }
  if (stale) rebuild();
  // A full batch means that more were ready than could be told: room for twice as many next time.
  if (static_cast<std::size_t>(count) == events_.size() && events_.size() < kMostEvents) {
    events_.resize(events_.size() * 2);
  }
}

// A new set under the old number, with what is alive and nothing else.
void EpollBackend::rebuild() noexcept {
  counters_.calls += 4;  // with the wake
  Fd fresh(::epoll_create1(EPOLL_CLOEXEC));
  if (!fresh.valid() || add_wake_event(fresh.number(), wake_) != 0) return;
  if (::dup3(fresh.number(), epoll_.number(), O_CLOEXEC) < 0) return;
  slots().for_each([this](Slot& slot) {
    if (slot.interest == 0) return;
    slot.interest = 0;
    if (wanted_interest(slot) != 0) apply(slot);
  });
  show_to_host();
  // A wake that was told to the old set only must not be lost.
  wake();
}

}  // namespace rondo
