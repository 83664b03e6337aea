// SPDX-License-Identifier: MIT
#include "connection.h"

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "rondo/kernel/control.h"

namespace rondo::tools {

Task<> echo_received(SocketStream stream, Connections& live) {
  Connection connection(std::move(stream), live);
  while (auto chunk = co_await connection.stream.receive()) {
    auto sent = co_await connection.stream.send_all(*chunk);
    if (!sent) break;
  }
}

Task<> echo_read(SocketStream stream, Connections& live) {
  Connection connection(std::move(stream), live);
  std::array<std::byte, 16 * 1024> room;
  while (auto count = co_await connection.stream.read(room)) {
    auto sent = co_await connection.stream.send_all(std::span(room).first(*count));
    if (!sent) break;
  }
}

void end_receiving(Connections& live) noexcept {
  live.for_each([](Connection& connection) {
    // ENOTCONN: the peer has gone already, and the connection is about to notice.
    static_cast<void>(control::shutdown(connection.stream.fd(), SHUT_RD));
  });
}

}  // namespace rondo::tools
