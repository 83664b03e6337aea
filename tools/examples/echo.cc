// SPDX-License-Identifier: MIT
// A whole server: sends back what it receives, until Ctrl-C.
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include <rondo/rondo.h>

rondo::Task<> echo(rondo::TcpStream stream) {
  while (auto chunk = co_await stream.receive()) {  // a leased buffer, only when bytes are there
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

rondo::Task<> serve(rondo::TcpListener listener) {
  rondo::Loop& loop = co_await rondo::this_loop();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) {
      loop.spawn(echo, std::move(*stream));
    } else if (stream.error().is(rondo::Errc::canceled)) {
      co_return;  // the loop is stopping
    }
  }
}

static rondo::Loop* running = nullptr;

int main() {
  auto loop = rondo::Loop::create();  // io_uring where it works, else epoll
  if (!loop.ok()) {
    std::fprintf(stderr, "%s\n", std::string(loop.status().message()).c_str());
    return 1;
  }
  auto address = rondo::Endpoint::parse("127.0.0.1:7000");
  auto listener = rondo::TcpListener::listen(**loop, *address);
  if (!listener.ok()) {
    std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
    return 1;
  }
  running = loop->get();
  std::signal(SIGINT, [](int) { running->stop(); });
  (*loop)->spawn(serve, std::move(*listener));
  (*loop)->run();
}
