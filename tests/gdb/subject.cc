// SPDX-License-Identifier: MIT
// A program for gdb to look into: it stops in stop_here(), with coroutines that await each other.
#include <chrono>
#include <memory>

#include "rondo/rondo.h"

using namespace std::chrono_literals;  // NOLINT: this program is a test

rondo::Loop* shown_loop = nullptr;

extern "C" [[gnu::noinline]] void stop_here() { asm volatile(""); }

namespace subject {

rondo::Task<> innermost() { static_cast<void>(co_await rondo::sleep(1h)); }
rondo::Task<> middle() { co_await innermost(); }
rondo::Task<> outermost() { co_await middle(); }

rondo::Task<> reads(rondo::TcpListener& listener) {
  rondo::TaskContext& self = co_await rondo::this_context();
  self.set_name("reader");
  static_cast<void>(co_await listener.accept());
}

struct Household {
  static rondo::Task<> family() {
    co_await rondo::with_scope([](rondo::Scope& scope) -> rondo::Task<> {
      scope.spawn(outermost);
      co_return;
    });
  }
};

}  // namespace subject

int main() {
  auto loop = rondo::Loop::create({.backend = rondo::BackendKind::kEpoll}).value();
  shown_loop = loop.get();
  auto listener =
      rondo::TcpListener::listen(*loop, rondo::Endpoint::parse("127.0.0.1:0").value()).value();
  loop->spawn(subject::reads, rondo::borrow(listener));
  loop->spawn(subject::Household::family);
  for (int i = 0; i < 10; ++i) loop->run_once();
  stop_here();
  loop->stop();
  loop->run();
}
