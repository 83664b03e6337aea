// SPDX-License-Identifier: MIT
#include "connection.h"

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "rondo/kernel/control.h"

namespace rondo::tools {
namespace {

Task<> echo_received(TcpStream& stream) {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

Task<> echo_read(TcpStream& stream) {
  std::array<std::byte, 16 * 1024> room;
  while (auto count = co_await stream.read(room)) {
    auto sent = co_await stream.send_all(std::span(room).first(*count));
    if (!sent) break;
  }
}

}  // namespace

Task<> echo(TcpStream stream, Connections& live, ReadMode mode) {
  Connection connection(std::move(stream));
  live.push_back(connection);
  auto served =
      mode == ReadMode::kReceive ? echo_received(connection.stream) : echo_read(connection.stream);
  co_await std::move(served);
  connection.unlink();
}

void end_receiving(Connections& live) noexcept {
  live.for_each([](Connection& connection) {
    // ENOTCONN: the peer has gone already, and the connection is about to notice.
    static_cast<void>(control::shutdown(connection.stream.fd(), SHUT_RD));
  });
}

}  // namespace rondo::tools
