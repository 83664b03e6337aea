// SPDX-License-Identifier: MIT
// What listening sockets have in common, whatever they listen on.
#pragma once

#include <utility>

#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/io/accept.h"
#include "rondo/net/accept_back_off.h"
#include "rondo/net/socket.h"
#include "rondo/net/socket_file.h"
#include "rondo/net/socket_stream.h"

namespace rondo {

struct ListenOptions {
  int backlog = 4096;                   // connections that wait; capped by somaxconn
  bool reuse_port = false;              // TCP: share the port with other listeners (SO_REUSEPORT)
  Trigger trigger = Trigger::kDefault;  // epoll's, for what it accepts; it is level-triggered
  unsigned mode = 0777;                 // of a Unix path's file, less the umask: who may connect
};

// Takes connections on one loop. Made as a TcpListener or a UnixListener; both may be moved into
// one of these by whoever does not care which it is.
class SocketListener : public Socket {
 public:
  SocketListener() noexcept = default;

  // The next connection, one caller at a time. Fails with EMFILE, ENFILE, ENOBUFS or ENOMEM when
  // something is used up: the connection stays in the queue, and the next accept() pauses first
  // (AcceptBackOff), so that a loop around it does not spin. The same for
  // Errc::descriptor_too_large, when select cannot watch the listener itself; a connection that it
  // cannot watch is accepted, and whatever would have to wait on it fails with that. A stop ends it
  // with Errc::canceled; connections that the kernel has accepted by then go to the next accept().
  Task<Result<SocketStream>> accept() { return accept_as<SocketStream>(); }

  // The same, as a bare descriptor, to be adopted by another loop.
  Task<Result<Fd>> accept_fd() {
    return accept_and_make<Fd>([](Fd fd) -> Result<Fd> { return fd; });
  }

  // `while (auto stream = co_await connections.next())`: a Stream of what comes. It goes on after
  // errors of single connections and when something is used up, and ends with a stop, or when the
  // listener fails for good. The listener outlives it.
  class Connections {
   public:
    explicit Connections(SocketListener& listener) noexcept : listener_(&listener) {}
    Task<Result<SocketStream>> next() { return listener_->accept_next(); }

   private:
    SocketListener* listener_;
  };
  Connections connections() noexcept { return Connections(*this); }

  // As Socket::close(). A Unix socket's file is removed at once.
  Close close() noexcept {
    file_.remove();
    return Socket::close();
  }

 protected:
  // Of a socket that listens already; `trigger` is for what it accepts.
  SocketListener(Socket socket, Trigger trigger, SocketFile file = {}) noexcept;

  template <class Stream>
  Task<Result<Stream>> accept_as() {
    return accept_and_make<Stream>([this](Fd fd) -> Result<Stream> {
      auto socket = Socket::adopt_prepared(loop(), std::move(fd));
      if (!socket) return socket.error();
      socket->set_trigger(trigger_);
      return Stream(std::move(*socket));
    });
  }

 private:
  // One frame for each connection, whatever is made of it.
  template <class Made, class Make>
  Task<Result<Made>> accept_and_make(Make make) {
    if (back_off_.pause() != Duration(0)) {
      const Error refused = co_await pause();
      if (refused) co_return refused;
    }
    auto fd = co_await Accept(slot());
    back_off_.heed(fd.error());
    if (!fd) co_return fd.error();
    co_return make(std::move(*fd));
  }

  Task<Result<SocketStream>> accept_next();
  // Before an accept; what forbids it, if anything.
  Task<Error> pause();

  Trigger trigger_ = Trigger::kDefault;
  AcceptBackOff back_off_;
  SocketFile file_;  // goes before the socket, so that nobody finds it who would be refused
};

}  // namespace rondo
