// SPDX-License-Identifier: MIT
// Writers that wait for room although their peer has finished sending.
//
// Such a peer's descriptor counts as ready for whatever io_uring waits for (POLLRDHUP cannot be
// left out): a send that may wait ends up on a thread of the kernel, one per send, and a poll
// completes at once, again and again. epoll reports POLLOUT alone, and the ring polls the epoll
// set.
//
// Where a send finds no room although its descriptor counts as writable (errors wait in its error
// queue, MSG_ERRQUEUE; the system's TCP memory is used up) it is tried again and again, on any
// backend.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <utility>

#include "kernel/uring/slot_bits.h"
#include "rondo/base/error.h"
#include "rondo/base/fd.h"
#include "rondo/kernel/slot.h"

namespace rondo {

class RoomWatch {
 public:
  // Whether what a poll found is worth another send, be it to learn of an error.
  static bool tells_of_room(int events) noexcept {
    return (events & static_cast<int>(EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
  }

  // `set` is an empty epoll set.
  explicit RoomWatch(Fd set) noexcept : set_(std::move(set)) {}

  // The slot's descriptor is watched (kSlotWatched) until it is taken or forgotten.
  Error watch(Slot& slot) noexcept;
  void forget(Slot& slot) noexcept;

  // Calls ready(slot, events) for all that have room, or an error, with bits as poll(2) has them.
  // They are no longer watched by then.
  template <class Ready>
  void take(Ready&& ready) noexcept {
    std::array<epoll_event, 64> events;
    int count = 0;
    do {
      count = wait(events.data(), static_cast<int>(events.size()));
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        Slot& slot = *static_cast<Slot*>(event.data.ptr);
        forget(slot);
        ready(slot, static_cast<int>(event.events));
      }
    } while (count == static_cast<int>(events.size()));
  }

  int fd() const noexcept { return set_.number(); }
  // System calls since the beginning.
  std::uint64_t calls() const noexcept { return calls_; }

 private:
  int wait(epoll_event* events, int most) noexcept;

  Fd set_;
  std::uint64_t calls_ = 0;
};

}  // namespace rondo
