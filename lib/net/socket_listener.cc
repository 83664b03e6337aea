// SPDX-License-Identifier: MIT
#include "rondo/net/socket_listener.h"

#include "rondo/io/sleep.h"

namespace rondo {

SocketListener::SocketListener(Socket socket, Trigger trigger, SocketFile file) noexcept
    : Socket(std::move(socket)), trigger_(trigger), file_(std::move(file)) {
  slot().set(kSlotListener);
  set_trigger(trigger);
}

Task<Error> SocketListener::pause() {
  auto slept = co_await sleep(back_off_.pause());
  if (!slept) co_return slept.error();
  co_return is_open() ? Error() : Error(Errc::closed);
}

// What is used up makes the next accept() pause.
Task<Result<SocketStream>> SocketListener::accept_next() {
  for (;;) {
    auto stream = co_await accept();
    if (stream || !AcceptBackOff::is_used_up(stream.error())) co_return stream;
  }
}

}  // namespace rondo
