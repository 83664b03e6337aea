// SPDX-License-Identifier: MIT
// What streams and listeners are made of: a descriptor that belongs to a loop.
#pragma once

#include <utility>

#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/io/close.h"
#include "rondo/kernel/slot.h"
#include "rondo/loop/loop.h"
#include "rondo/net/socket_options.h"

namespace rondo {

// Owns a slot of a loop. Move-only; moving it while an operation on it is under way is fine for the
// operation, which knows the slot and not this object. All calls on the loop's thread. Its end
// closes the descriptor as soon as the kernel holds nothing of it, without waiting for that.
class Socket {
 public:
  Socket() noexcept = default;
  Socket(Socket&& other) noexcept
      : loop_(other.loop_), slot_(std::exchange(other.slot_, nullptr)) {}
  Socket& operator=(Socket&& other) noexcept {
    Socket taken(std::move(other));
    std::swap(loop_, taken.loop_);
    std::swap(slot_, taken.slot_);
    return *this;
  }
  ~Socket() {
    if (slot_ != nullptr) loop_->close(*slot_);
  }

  // A new stream socket of `family` (AF_INET, AF_INET6, AF_UNIX), neither bound nor connected. What
  // socket(2) says; ENOMEM.
  static Result<Socket> open_stream(Loop& loop, int family) noexcept;
  // Takes a descriptor over, in whatever blocking mode it is. EBADF for what is none; ENOMEM.
  static Result<Socket> adopt(Loop& loop, Fd fd) noexcept;
  // For descriptors that the loop's backend itself has made and set up.
  static Result<Socket> adopt_prepared(Loop& loop, Fd fd) noexcept;

  bool is_open() const noexcept { return slot_ != nullptr; }
  Loop& loop() const noexcept { return *loop_; }
  // The descriptor, for calls that neither read, write nor close; -1 once closed.
  int fd() const noexcept { return slot_ == nullptr ? -1 : slot_->fd; }

  template <class Option>
  Result<void> set(const Option& option) noexcept {
    return set_option(fd(), option);
  }
  template <class Option>
  Result<typename Option::value_type> get() const noexcept {
    return get_option<Option>(fd());
  }

  // How an epoll loop watches this descriptor, instead of as the loop's options say. Before its
  // first operation; other backends ignore it.
  void set_trigger(Trigger trigger) noexcept { slot().trigger = trigger; }

  // Gives the descriptor up, once the backend has released the slot. The object is empty then.
  Fd detach() noexcept;

  // `co_await socket.close()`: closes and waits until the descriptor's number is free. Operations
  // of other tasks on it end with Errc::closed. The object is empty at once.
  Close close() noexcept { return Close(loop_, std::exchange(slot_, nullptr)); }

  Slot& slot() const noexcept {
    require(slot_ != nullptr, "a stream or listener was used that is closed or moved from");
    return *slot_;
  }

 private:
  Socket(Loop& loop, Slot& slot) noexcept : loop_(&loop), slot_(&slot) {}

  Loop* loop_ = nullptr;
  Slot* slot_ = nullptr;
};

}  // namespace rondo
