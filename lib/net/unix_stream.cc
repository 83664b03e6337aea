// SPDX-License-Identifier: MIT
#include "rondo/net/unix_stream.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "rondo/io/sleep.h"
#include "rondo/kernel/control.h"
#include "rondo/loop/this_loop.h"

namespace rondo {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(1);
constexpr Duration kLongestPause = std::chrono::milliseconds(16);

}  // namespace

// A Unix socket connects at once or not at all; only a full queue would make it wait, and no kernel
// queue tells when that ends: epoll says writable at once, io_uring would occupy a worker thread.
Task<Result<UnixStream>> UnixStream::connect(UnixAddress server) {
  Loop& loop = co_await this_loop();
  const bool stopped = co_await stop_requested();
  if (stopped) co_return Errc::canceled;
  auto fd = loop.backend().open_stream_socket(AF_UNIX);
  if (!fd) co_return fd.error();
  auto prompt = control::set_blocking_mode(fd->number(), BlockingMode::kNonBlocking);
  if (!prompt) co_return prompt.error();
  for (Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto connected = control::connect(fd->number(), server.data(), server.size());
    if (connected) break;
    if (connected.error().number() != EAGAIN) co_return connected.error();
    auto slept = co_await sleep(pause);
    if (!slept) co_return slept.error();
  }
  auto socket = Socket::adopt(loop, std::move(*fd));
  if (!socket) co_return socket.error();
  co_return UnixStream(std::move(*socket));
}

Result<PeerCredentials> UnixStream::peer_credentials() const noexcept {
  auto known = control::get_option<ucred>(fd(), SOL_SOCKET, SO_PEERCRED);
  if (!known) return known.error();
  // The process alone is 0 if it is of a namespace that cannot be seen from here.
  if (known->pid == 0 && known->uid == static_cast<uid_t>(-1)) return Error::from_errno(ENOTCONN);
  return PeerCredentials{.process = known->pid, .user = known->uid, .group = known->gid};
}

}  // namespace rondo
