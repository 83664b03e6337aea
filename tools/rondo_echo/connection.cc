// SPDX-License-Identifier: MIT
#include "connection.h"

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "rondo/runtime/offload.h"

namespace rondo::tools {

Task<> echo_received(SocketStream stream) {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

Task<> echo_read(SocketStream stream) {
  std::array<std::byte, 16 * 1024> room;
  while (auto count = co_await stream.read(room)) {
    auto sent = co_await stream.send_all(std::span(room).first(*count));
    if (!sent) break;
  }
}

Task<> echo_offloaded(SocketStream stream, WorkerPool& pool) {
  while (auto chunk = co_await stream.receive()) {
    auto answer = co_await offload(pool, [&] { return std::string(chunk->text()); });
    if (!answer) break;  // the pool has more to do than it can take
    auto sent = co_await stream.send_all(*answer);
    if (!sent) break;
  }
}

}  // namespace rondo::tools
