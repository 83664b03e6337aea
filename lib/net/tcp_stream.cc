// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_stream.h"

#include "rondo/io/connect.h"
#include "rondo/loop/this_loop.h"
#include "rondo/net/socket_options.h"

namespace rondo {

Task<Result<TcpStream>> TcpStream::connect(Endpoint server) {
  Loop& loop = co_await this_loop();
  auto socket = Socket::open_stream(loop, server.family());
  if (!socket) co_return socket.error();
  auto prompt = socket->set(NoDelay{true});
  if (!prompt) co_return prompt.error();
  auto connected = co_await Connect(socket->slot(), server.data(), server.size());
  if (!connected) co_return connected.error();
  co_return TcpStream(std::move(*socket));
}

}  // namespace rondo
