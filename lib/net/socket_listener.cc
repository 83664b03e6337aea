// SPDX-License-Identifier: MIT
#include "rondo/net/socket_listener.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "rondo/io/accept.h"
#include "rondo/io/sleep.h"

namespace rondo {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::milliseconds(160);

// What accepting again at once would meet again.
bool is_used_up(Error error) noexcept {
  const int number = error.number();
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM ||
         error.is(Errc::descriptor_too_large);
}

}  // namespace

SocketListener::SocketListener(Socket socket, Trigger trigger, SocketFile file) noexcept
    : Socket(std::move(socket)), trigger_(trigger), file_(std::move(file)) {
  slot().set(kSlotListener);
  set_trigger(trigger);
}

Task<Result<Fd>> SocketListener::accept_fd() {
  if (pause_ > Duration(0)) {
    auto slept = co_await sleep(pause_);
    if (!slept) co_return slept.error();
    if (!is_open()) co_return Errc::closed;
  }
  auto fd = co_await Accept(slot());
  if (fd || !is_used_up(fd.error())) {
    pause_ = Duration(0);
  } else {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  }
  co_return fd;
}

// What is used up makes the next accept() pause.
Task<Result<SocketStream>> SocketListener::accept_next() {
  for (;;) {
    auto stream = co_await accept();
    if (stream || !is_used_up(stream.error())) co_return stream;
  }
}

}  // namespace rondo
