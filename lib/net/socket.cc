// SPDX-License-Identifier: MIT
#include "rondo/net/socket.h"

#include <cerrno>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

BlockingMode mode_of(Loop& loop) noexcept {
  return loop.backend().blocking() ? BlockingMode::kBlocking : BlockingMode::kNonBlocking;
}

}  // namespace

Result<Socket> Socket::open_stream(Loop& loop, int family) noexcept {
  auto fd = loop.backend().open_stream_socket(family);
  if (!fd) return fd.error();
  return adopt_prepared(loop, std::move(*fd));
}

Fd Socket::detach() noexcept {
  Slot& taken = *std::exchange(slot_, nullptr);
  Fd fd(taken.fd);
  loop_->slots().give_back(taken);
  return fd;
}

Result<Socket> Socket::adopt(Loop& loop, Fd fd) noexcept {
  auto changed = control::set_blocking_mode(fd.number(), mode_of(loop));
  if (!changed) return changed.error();
  return adopt_prepared(loop, std::move(fd));
}

Result<Socket> Socket::adopt_prepared(Loop& loop, Fd fd) noexcept {
  loop.require_thread();
  Slot* slot = loop.slots().take(fd.number());
  if (slot == nullptr) return Error::from_errno(ENOMEM);
  static_cast<void>(fd.release());
  return Socket(loop, *slot);
}

}  // namespace rondo
