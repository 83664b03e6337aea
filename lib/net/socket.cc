// SPDX-License-Identifier: MIT
#include "rondo/net/socket.h"

#include <cerrno>

#include "rondo/kernel/control.h"

namespace rondo {

Result<Socket> Socket::adopt(Loop& loop, Fd fd) noexcept {
  const BlockingMode mode =
      loop.backend().blocking() ? BlockingMode::kBlocking : BlockingMode::kNonBlocking;
  auto changed = control::set_blocking_mode(fd.number(), mode);
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

Result<Endpoint> Socket::local_endpoint() const noexcept {
  auto name = control::local_name(fd());
  if (!name) return name.error();
  return Endpoint::from_native(name->data(), name->size);
}

Result<Endpoint> Socket::peer_endpoint() const noexcept {
  auto name = control::peer_name(fd());
  if (!name) return name.error();
  return Endpoint::from_native(name->data(), name->size);
}

}  // namespace rondo
