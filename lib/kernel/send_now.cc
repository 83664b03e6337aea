// SPDX-License-Identifier: MIT
#include <sys/types.h>

#include <cerrno>

#include "base/probe.h"
#include "kernel/direct_call.h"
#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {
namespace {

// Less than everything went: `count` and errno are the results of send().
[[gnu::noinline]] bool sent_less(Op& op, ssize_t count) noexcept {
  Slot& slot = *op.slot;
  if (count < 0) {
    if (errno == EINTR) return send_now(op);
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      op.complete(Error::from_errno(errno));
      RONDO_PROBE(complete, slot.fd, static_cast<int>(op.code), op.error.number(), op.done);
      return true;
    }
  } else {
    op.done += static_cast<std::size_t>(count);
    slot.table.count_sent(static_cast<std::size_t>(count));
    if ((op.flags & kOpAll) == 0) {
      op.complete({});
      RONDO_PROBE(complete, slot.fd, static_cast<int>(op.code), 0, op.done);
      return true;
    }
  }
  slot.set(kSlotUnwritable);
  return false;
}

}  // namespace

bool send_now(Op& op) noexcept {
  ++op.slot->table.calls;
  RONDO_PROBE(submit, op.slot->fd, static_cast<int>(op.code));
  const ssize_t count = direct_send(op.slot->fd, op.memory + op.done, op.size - op.done);
  if (static_cast<std::size_t>(count) != op.size - op.done) [[unlikely]] {
    return sent_less(op, count);
  }
  op.slot->table.count_sent(static_cast<std::size_t>(count));
  op.done = op.size;
  op.complete({});
  RONDO_PROBE(complete, op.slot->fd, static_cast<int>(op.code), 0, op.done);
  return true;
}

}  // namespace rondo
