// SPDX-License-Identifier: MIT
#include "rondo/io/wait_fd.h"

#include <cerrno>
#include <utility>

namespace rondo {

bool WaitFd::begin() noexcept {
  Slot* slot = fd_ < 0 ? nullptr : loop_->foreign_slot(fd_);
  if (slot == nullptr) {
    error_ = Error::from_errno(fd_ < 0 ? EBADF : ENOMEM);
    return false;
  }
  poll_.emplace(*slot, events_);
  return true;
}

void WaitFd::finish() noexcept {
  if (!poll_.has_value()) return;
  Slot& slot = *poll_->slot;
  poll_.reset();
  loop_->release_foreign(slot);
}

}  // namespace rondo
