// SPDX-License-Identifier: MIT
#include "sim/exchange.h"

#include <array>
#include <chrono>
#include <span>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"

namespace rondo {

using namespace std::chrono_literals;  // NOLINT: this file is a test's

Exchange::Exchange(sim::World& world, ExchangeOptions options)
    : world_(world),
      options_(std::move(options)),
      server_(world.create_loop()),
      client_(world.create_loop()) {
  const Address address = Address::parse(options_.address).value();
  auto listener = listen(*server_, address);
  EXPECT_TRUE(listener.ok()) << listener.status().message();
  server_->spawn([this](SocketListener taken) { return serve(std::move(taken)); },
                 std::move(*listener));
  for (int i = 0; i < options_.clients; ++i) {
    client_->spawn([this, address] { return ask(address); });
  }
}

Task<> Exchange::serve(SocketListener listener) {
  co_await with_scope([&](Scope& scope) -> Task<> {
    for (int i = 0; i < options_.clients; ++i) {
      auto stream = co_await listener.accept();
      if (!stream) break;
      scope.spawn(echo, std::move(*stream), i % 2 == 0);
    }
  });
}

Task<> Exchange::echo(SocketStream stream, bool reads) {
  std::array<std::byte, 700> memory;
  for (;;) {
    if (reads) {
      auto count = co_await stream.read(memory);
      if (!count) break;
      auto sent = co_await stream.send_all(std::span(memory).first(*count));
      if (!sent) break;
    } else {
      auto chunk = co_await stream.receive();
      if (!chunk) break;
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
    }
  }
  co_await stream.close();
}

Task<> Exchange::ask(Address address) {
  auto stream = co_await with_timeout(10s, connect(address));
  if (!stream) co_return;
  for (int i = 0; i < options_.messages; ++i) {
    const auto size = static_cast<std::size_t>(1 + world_.random() % options_.most_bytes);
    const bool same = co_await round_trip(*stream, size);
    if (!same) co_return;
    ++echoed_;
    auto slept = co_await sleep(Duration(static_cast<std::int64_t>(world_.random() % 2000000)));
    if (!slept) co_return;
  }
  auto finished = co_await stream->shutdown(Direction::kSend);
  if (!finished) co_return;
  auto last = co_await stream->receive();
  EXPECT_FALSE(last);
}

Task<bool> Exchange::round_trip(SocketStream& stream, std::size_t size) {
  std::string message(size, '\0');
  for (char& c : message) c = static_cast<char>(world_.random());
  std::string got;
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn([&]() -> Task<> {
      auto sent = co_await stream.send_all(message);
      if (!sent) scope.stop();
    });
    while (got.size() < size) {
      auto chunk = co_await stream.receive();
      if (!chunk) break;
      got += chunk->text();
    }
  });
  co_return got == message;
}

}  // namespace rondo
