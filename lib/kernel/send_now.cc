// SPDX-License-Identifier: MIT
#include <sys/socket.h>

#include <cerrno>

#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {

bool send_now(Op& op) noexcept {
  Slot& slot = *op.slot;
  const std::size_t wanted = op.size - op.done;
  ssize_t count;
  do {
    ++slot.table.calls;
    count = ::send(slot.fd, op.memory + op.done, wanted, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (static_cast<std::size_t>(count) == wanted) [[likely]] {
    op.done = op.size;
    slot.table.count_sent(wanted);
    op.complete({});
    return true;
  }
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      op.complete(Error::from_errno(errno));
      return true;
    }
  } else {
    op.done += static_cast<std::size_t>(count);
    slot.table.count_sent(static_cast<std::size_t>(count));
    if ((op.flags & kOpAll) == 0) {
      op.complete({});
      return true;
    }
  }
  slot.set(kSlotUnwritable);
  return false;
}

}  // namespace rondo
