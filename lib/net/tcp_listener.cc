// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_listener.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "rondo/io/accept.h"
#include "rondo/io/sleep.h"
#include "rondo/kernel/control.h"

namespace rondo {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::milliseconds(160);

// The one sentence that a person needs.
absl::Status cannot_listen(const Endpoint& address, Error error) {
  const std::string text = "cannot listen on " + address.to_string() + ": " + error.message();
  switch (error.number()) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(text + "; another program has this port, choose another");
    case EACCES:
      return absl::PermissionDeniedError(text + "; ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return absl::InvalidArgumentError(text + "; the address is not one of this machine's");
    case EMFILE:
      return absl::ResourceExhaustedError(text + "; raise the limit (ulimit -n)");
    default:
      return absl::UnavailableError(text);
  }
}

// What accepting again at once would meet again.
bool is_used_up(Error error) noexcept {
  const int number = error.number();
  return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

}  // namespace

absl::StatusOr<TcpListener> TcpListener::listen(Loop& loop, const Endpoint& address,
                                                const ListenOptions& options) {
  const BlockingMode mode =
      loop.backend().blocking() ? BlockingMode::kBlocking : BlockingMode::kNonBlocking;
  auto fd = control::open_stream_socket(address.family(), mode);
  if (!fd) return cannot_listen(address, fd.error());
  const int number = fd->number();
  // Accepted sockets inherit TCP_NODELAY from the listener, which saves a call for each of them.
  auto done = set_option(number, NoDelay{true});
  if (done) done = set_option(number, ReuseAddress{true});
  if (done && options.reuse_port) done = set_option(number, ReusePort{true});
  if (done && address.family() == AF_INET6) done = set_option(number, Ipv6Only{true});
  if (done) done = control::bind(number, address.data(), address.size());
  if (done) done = control::listen(number, options.backlog);
  if (!done) return cannot_listen(address, done.error());
  auto socket = Socket::adopt_prepared(loop, std::move(*fd));
  if (!socket) return cannot_listen(address, socket.error());
  socket->slot().set(kSlotListener);
  socket->set_trigger(options.trigger);
  return TcpListener(std::move(*socket), options.trigger);
}

Task<Result<Fd>> TcpListener::accept_fd() {
  if (pause_ > Duration(0)) {
    auto slept = co_await sleep(pause_);
    if (!slept) co_return slept.error();
  }
  auto fd = co_await Accept(slot());
  if (fd || !is_used_up(fd.error())) {
    pause_ = Duration(0);
  } else {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  }
  co_return fd;
}

Task<Result<TcpStream>> TcpListener::accept() {
  auto fd = co_await accept_fd();
  if (!fd) co_return fd.error();
  auto socket = Socket::adopt_prepared(loop(), std::move(*fd));
  if (!socket) co_return socket.error();
  socket->set_trigger(trigger_);
  co_return TcpStream(std::move(*socket));
}

}  // namespace rondo
