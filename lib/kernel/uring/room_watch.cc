// SPDX-License-Identifier: MIT
#include "kernel/uring/room_watch.h"

#include <cerrno>

namespace rondo {

Error RoomWatch::watch(Slot& slot) noexcept {
  epoll_event event = {.events = EPOLLOUT, .data = {.ptr = &slot}};
  ++calls_;
  if (::epoll_ctl(set_.number(), EPOLL_CTL_ADD, slot.fd, &event) < 0) {
    return Error::from_errno(errno);
  }
  slot.set(kSlotWatched);
  return {};
}

void RoomWatch::forget(Slot& slot) noexcept {
  ++calls_;
  ::epoll_ctl(set_.number(), EPOLL_CTL_DEL, slot.fd, nullptr);
  slot.clear(kSlotWatched);
}

int RoomWatch::wait(epoll_event* events, int most) noexcept {
  ++calls_;
  return ::epoll_wait(set_.number(), events, most, 0);
}

}  // namespace rondo
