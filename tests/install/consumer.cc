// SPDX-License-Identifier: MIT
// A user of the installed library: what pkg-config says is all that it knows. One echo over
// loopback, so that what is installed is linked and run, not only found.
#include <cstdio>

#include <rondo/rondo.h>

namespace {

rondo::Task<> echo_once(rondo::TcpListener listener) {
  auto stream = co_await listener.accept();
  if (!stream) co_return;
  while (auto chunk = co_await stream->receive()) {
    auto sent = co_await stream->send_all(*chunk);
    if (!sent) break;
  }
}

rondo::Task<> ask(rondo::Endpoint server, rondo::Borrowed<bool> answered) {
  auto stream = co_await rondo::TcpStream::connect(server);
  if (!stream) co_return;
  auto sent = co_await stream->send_all("rondo");
  if (!sent) co_return;
  auto chunk = co_await stream->receive();
  answered.get() = chunk && chunk->text() == "rondo";
}

}  // namespace

int main() {
  auto loop = rondo::Loop::create({});
  auto address = rondo::Endpoint::parse("127.0.0.1:0");
  if (!loop.ok() || !address.ok()) return 2;
  auto listener = rondo::TcpListener::listen(**loop, *address);
  if (!listener.ok()) return 2;
  auto bound = listener->local_endpoint();
  if (!bound) return 2;

  bool answered = false;
  (*loop)->spawn(echo_once, *std::move(listener));
  (*loop)->spawn(ask, *bound, rondo::borrow(answered));
  (*loop)->run();
  std::puts(answered ? "echoed" : "no echo");
  return answered ? 0 : 1;
}
