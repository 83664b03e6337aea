// SPDX-License-Identifier: MIT
// Work in stages, with bounded channels between them: read, parse, store. When the store is slow
// the channels fill up, the reader stops receiving, and TCP slows the client down; memory stays
// bounded.
//
//   build/release/tools/example-stages 7000 &
//   seq 1000 | nc -N 127.0.0.1 7000         # numbers, a line each; it prints their sum
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "rondo/rondo.h"

using namespace std::chrono_literals;

// Cuts what the stream brings into lines.
rondo::Task<> read_lines(rondo::SocketStream& stream, rondo::Channel<std::string>& lines) {
  std::string rest;
  while (auto chunk = co_await stream.receive()) {
    rest += chunk->text();
    for (std::size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
      auto sent = co_await lines.send(rest.substr(0, end));
      if (!sent) co_return;
    }
  }
  lines.close();
}

// Turns lines into numbers; what is none is left out.
rondo::Task<> parse(rondo::Channel<std::string>& lines, rondo::Channel<long>& numbers) {
  while (auto line = co_await lines.receive()) {
    long number = 0;
    const char* end = line->data() + line->size();
    if (std::from_chars(line->data(), end, number).ptr != end) continue;
    auto sent = co_await numbers.send(number);
    if (!sent) co_return;
  }
  numbers.close();
}

// A store that takes its time; stands for a disk or a database.
rondo::Task<long> store(rondo::Channel<long>& numbers) {
  long sum = 0;
  while (auto number = co_await numbers.receive()) {
    auto written = co_await rondo::sleep(100us);
    if (!written) break;
    sum += *number;
  }
  co_return sum;
}

rondo::Task<> serve(rondo::SocketStream stream) {
  rondo::Channel<std::string> lines(16);
  rondo::Channel<long> numbers(16);
  const long sum = co_await rondo::with_scope([&](rondo::Scope& scope) -> rondo::Task<long> {
    scope.spawn(read_lines, std::ref(stream), std::ref(lines));
    scope.spawn(parse, std::ref(lines), std::ref(numbers));
    co_return co_await store(numbers);
  });
  std::printf("sum %ld\n", sum);
}

// At most 100 conversations; the others wait in the listener's queue.
rondo::Task<> accept_all(rondo::TcpListener listener) {
  auto connections = listener.connections();
  co_await rondo::with_scope([&](rondo::Scope& scope) -> rondo::Task<> {
    while (auto stream = co_await connections.next()) {
      auto spawned = co_await scope.spawn_within(100, serve, std::move(*stream));
      if (!spawned) break;
    }
  });
}

int main(int count, char** arguments) {
  const std::string port = count > 1 ? arguments[1] : "7000";
  auto loop = rondo::Loop::create({});
  if (!loop.ok()) {
    std::fprintf(stderr, "%s\n", std::string(loop.status().message()).c_str());
    return 1;
  }
  auto address = rondo::Endpoint::parse("127.0.0.1:" + port);
  if (!address.ok()) {
    std::fprintf(stderr, "%s is not a port\n", port.c_str());
    return 2;
  }
  auto listener = rondo::TcpListener::listen(**loop, *address);
  if (!listener.ok()) {
    std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
    return 1;
  }
  (*loop)->spawn(accept_all, std::move(*listener));
  (*loop)->run();
  return 0;
}
