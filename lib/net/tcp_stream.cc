// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_stream.h"

#include "rondo/io/connect.h"
#include "rondo/kernel/control.h"
#include "rondo/loop/this_loop.h"

namespace rondo {

Task<Result<TcpStream>> TcpStream::connect(Endpoint server) {
  Loop& loop = co_await this_loop();
  const BlockingMode mode =
      loop.backend().blocking() ? BlockingMode::kBlocking : BlockingMode::kNonBlocking;
  auto fd = control::open_stream_socket(server.family(), mode);
  if (!fd) co_return fd.error();
  auto socket = Socket::adopt_prepared(loop, std::move(*fd));
  if (!socket) co_return socket.error();
  auto prompt = socket->set(NoDelay{true});
  if (!prompt) co_return prompt.error();
  auto connected = co_await Connect(socket->slot(), server.data(), server.size());
  if (!connected) co_return connected.error();
  co_return TcpStream(std::move(*socket));
}

}  // namespace rondo
