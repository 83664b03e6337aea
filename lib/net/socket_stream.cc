// SPDX-License-Identifier: MIT
#include "rondo/net/socket_stream.h"

#include <cerrno>
#include <utility>

#include "rondo/coro/this_task.h"
#include "rondo/io/sleep.h"
#include "rondo/loop/switch_to.h"

namespace rondo {
namespace {

// A timer that is due runs in the next turn; with a stop requested there is none.
Task<> a_turn() {
  auto slept = co_await sleep(Duration(0));
  if (!slept) co_await yield();
}

// Until the backend knows nothing of the slot any more.
Task<Result<void>> release(Loop& loop, Slot& slot) {
  require(slot.reader == nullptr && slot.writer == nullptr,
          "move_to: somebody waits on the stream; only an idle one can move");
  if (slot.has(kSlotBroken)) co_return Errc::broken;
  for (;;) {
    switch (loop.backend().release(slot)) {
      case Release::kDone:
        co_return Result<void>();
      case Release::kLater:
        co_await a_turn();
        break;
      case Release::kBytes:
        co_return Error::from_errno(EBUSY);
      case Release::kRefused:
        co_return Error::from_errno(EOPNOTSUPP);
    }
  }
}

}  // namespace

Task<Result<void>> SocketStream::move_to(Loop& target) {
  Loop& source = loop();
  if (&source == &target) co_return Result<void>();
  auto released = co_await release(source, slot());
  if (!released) co_return released.error();
  const Trigger trigger = slot().trigger;
  Fd fd = detach();
  const bool moved = co_await switch_to(target);
  auto socket = Socket::adopt(moved ? target : source, std::move(fd));
  if (!socket) co_return socket.error();
  socket->set_trigger(trigger);
  static_cast<Socket&>(*this) = std::move(*socket);
  if (!moved) co_return Error::from_errno(ESHUTDOWN);
  co_return Result<void>();
}

}  // namespace rondo
