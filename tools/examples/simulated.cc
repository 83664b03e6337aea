// SPDX-License-Identifier: MIT
// A server is tried in a simulated world: a hundred runs, each with delays, pieces and an order of
// events of its own, in less time than one takes on a real network. A run that fails says with
// which seed, and that seed fails again: under a debugger, or with every event printed.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/rondo.h>
#include <rondo/sim/world.h>

using namespace std::chrono_literals;

// What is tried: answers each line with its length, and hangs up on those who are silent.
rondo::Task<> answer(rondo::TcpStream stream) {
  std::string line;
  for (;;) {
    auto chunk = co_await rondo::with_timeout(30s, stream.receive());
    if (!chunk) break;
    for (char c : chunk->text()) {
      if (c != '\n') {
        line += c;
        continue;
      }
      const std::string reply = std::to_string(std::exchange(line, {}).size()) + "\n";
      auto sent = co_await stream.send_all(reply);
      if (!sent) co_return;
    }
  }
}

rondo::Task<> serve(rondo::TcpListener listener) {
  rondo::Loop& loop = co_await rondo::this_loop();
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) co_return;
    loop.spawn(answer, std::move(*stream));
  }
}

// How it is tried: everything that the server says to these lines, then silence.
rondo::Task<> ask(rondo::Endpoint server, rondo::Borrowed<std::string> said) {
  auto stream = co_await rondo::TcpStream::connect(server);
  if (!stream) co_return;
  auto sent = co_await stream->send_all("one\nthree\n\n");
  if (!sent) co_return;
  while (auto chunk = co_await stream->receive()) said.get() += chunk->text();
}

int main() {
  const rondo::Endpoint address = rondo::Endpoint::parse("10.0.0.1:7000").value();
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    rondo::sim::World world({.seed = seed});
    auto server = world.create_loop();
    auto client = world.create_loop();
    std::string said;
    server->spawn(serve, rondo::TcpListener::listen(*server, address).value());
    client->spawn(ask, address, rondo::borrow(said));
    const rondo::TimePoint begin = world.now();
    client->run();
    const bool patient = world.now() - begin >= 30s;
    if (said != "3\n5\n0\n" || !patient) {
      std::cerr << "seed " << seed << " fails: the server said '" << said << "'\n";
      return 1;
    }
  }
  std::cout << "100 runs of 30 seconds each: all is well\n";
}
