// SPDX-License-Identifier: MIT
//
// Peer: TCP echo on standalone Asio's coroutines; on epoll, or on io_uring when compiled with
// ASIO_HAS_IO_URING and ASIO_DISABLE_EPOLL.
#include <array>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

using asio::ip::tcp;

// Without exceptions on the way: an end of a stream is nothing exceptional.
constexpr auto kResult = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket) {
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    const auto received = co_await socket.async_read_some(asio::buffer(bytes), kResult);
    if (std::get<0>(received)) co_return;
    const auto answer = asio::buffer(bytes, std::get<1>(received));
    const auto sent = co_await asio::async_write(socket, answer, kResult);
    if (std::get<0>(sent)) co_return;
  }
}

asio::awaitable<void> serve(tcp::acceptor& acceptor) {
  for (;;) {
    auto accepted = co_await acceptor.async_accept(kResult);
    if (std::get<0>(accepted)) continue;
    asio::co_spawn(acceptor.get_executor(), echo(std::move(std::get<1>(accepted))), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    asio::io_context context(1);
    const auto port = static_cast<asio::ip::port_type>(argc > 1 ? std::atoi(argv[1]) : 0);
    tcp::acceptor acceptor(context);
    const tcp::endpoint address(asio::ip::address_v4::loopback(), port);
    acceptor.open(address.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(address);
    acceptor.listen(4096);
    std::printf("listening on 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, serve(acceptor), asio::detached);
    context.run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "asio: %s\n", failure.what());
    return 1;
  }
  return 0;
}
