// SPDX-License-Identifier: MIT
#include "support/stage.h"

#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "support/wire.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMoreThanBuffersHold = 16 << 20;

// Shared by all stages; only read from.
std::string& large() {
  static std::string bytes(kMoreThanBuffersHold, 's');
  return bytes;
}

void fill(int fd) {
  const std::string bytes(4096, 'f');
  while (wire::send(fd, bytes, wire::Wait::kNo) > 0) {
  }
  wire::let_arrive();
}

}  // namespace

std::vector<Suspended> every_suspended() {
  return {Suspended::kAccept,      Suspended::kConnect,      Suspended::kReceive,
          Suspended::kRead,        Suspended::kSendAll,      Suspended::kGather,
          Suspended::kSleep,       Suspended::kWaitReadable, Suspended::kWaitWritable,
          Suspended::kWithTimeout, Suspended::kWhenAny,      Suspended::kWhenAll,
          Suspended::kWithScope};
}

const char* name_of(Suspended kind) {
  switch (kind) {
    case Suspended::kAccept:
      return "accept";
    case Suspended::kConnect:
      return "connect";
    case Suspended::kReceive:
      return "receive";
    case Suspended::kRead:
      return "read";
    case Suspended::kSendAll:
      return "send_all";
    case Suspended::kGather:
      return "gather";
    case Suspended::kSleep:
      return "sleep";
    case Suspended::kWaitReadable:
      return "wait_readable";
    case Suspended::kWaitWritable:
      return "wait_writable";
    case Suspended::kWithTimeout:
      return "with_timeout";
    case Suspended::kWhenAny:
      return "when_any";
    case Suspended::kWhenAll:
      return "when_all";
    case Suspended::kWithScope:
      return "with_scope";
  }
  return "";
}

Stage::Stage(const Address& any, SocketListener&& listener_, SocketStream&& stream_,
             RawPeer&& peer_)
    : listener(std::move(listener_)),
      stream(std::move(stream_)),
      peer(std::move(peer_)),
      deaf(any) {
  auto first = wire::socket_pair();
  quiet = std::move(first.first);
  quiet_peer = std::move(first.second);
  auto second = wire::socket_pair();
  full = std::move(second.first);
  full_peer = std::move(second.second);
  fill(full.number());
}

Task<Error> Stage::suspend_in(Suspended kind) {
  switch (kind) {
    case Suspended::kAccept:
      co_return co_await accept();
    case Suspended::kConnect:
      co_return co_await connect();
    case Suspended::kReceive:
      co_return co_await receive();
    case Suspended::kRead:
      co_return co_await read();
    case Suspended::kSendAll:
      co_return co_await send_all();
    case Suspended::kGather:
      co_return co_await gather();
    case Suspended::kSleep: {
      auto slept = co_await sleep(1h);
      co_return slept.error();
    }
    case Suspended::kWaitReadable: {
      auto ready = co_await wait_readable(quiet.number());
      co_return ready.error();
    }
    case Suspended::kWaitWritable: {
      auto ready = co_await wait_writable(full.number());
      co_return ready.error();
    }
    case Suspended::kWithTimeout: {
      auto chunk = co_await with_timeout(1h, stream.receive());
      co_return chunk.error();
    }
    case Suspended::kWhenAny:
      co_return co_await wait_any();
    case Suspended::kWhenAll:
      co_return co_await wait_all();
    case Suspended::kWithScope:
      co_return co_await wait_in_scope();
  }
  co_return Error();
}

Task<Error> Stage::accept() {
  auto accepted = co_await listener.accept();
  co_return accepted.error();
}

Task<Error> Stage::connect() {
  auto connected = co_await rondo::connect(deaf.address());
  co_return connected.error();
}

Task<Error> Stage::receive() {
  auto chunk = co_await stream.receive();
  co_return chunk.error();
}

Task<Error> Stage::read() {
  std::array<std::byte, 512> room{};
  auto count = co_await stream.read(room);
  co_return count.error();
}

Task<Error> Stage::send_all() {
  auto transfer = co_await stream.send_all(large());
  sent = transfer.bytes;
  co_return transfer.error();
}

Task<Error> Stage::gather() {
  const std::array<iovec, 2> pieces{iovec{large().data(), 100},
                                    iovec{large().data(), large().size()}};
  auto transfer = co_await stream.send_all(std::span<const iovec>(pieces));
  sent = transfer.bytes;
  co_return transfer.error();
}

Task<Error> Stage::wait_any() {
  auto any = co_await when_any(stream.receive(), sleep(1h));
  EXPECT_EQ(std::get<1>(any.results).error(), std::get<0>(any.results).error());
  co_return std::get<0>(any.results).error();
}

Task<Error> Stage::wait_all() {
  auto all = co_await when_all(stream.receive(), wait_readable(quiet.number()));
  EXPECT_EQ(std::get<1>(all).error(), std::get<0>(all).error());
  co_return std::get<0>(all).error();
}

Task<Error> Stage::wait_in_scope() {
  Error outcome;
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn([&]() -> Task<> { outcome = co_await receive(); });
    scope.spawn([&]() -> Task<> {
      auto slept = co_await sleep(1h);
      EXPECT_TRUE(slept.error().is(Errc::canceled));
    });
    co_await scope.any_done();
    scope.stop();
  });
  co_return outcome;
}

Task<> Stage::expect_works_after(Suspended kind) {
  switch (kind) {
    case Suspended::kAccept: {
      RawPeer late = RawPeer::connect(Address::local_of(listener.fd()).value());
      auto accepted = co_await listener.accept();
      EXPECT_TRUE(accepted) << accepted.error().message();
      break;
    }
    case Suspended::kConnect:
    case Suspended::kSleep:
      break;
    case Suspended::kWaitReadable: {
      EXPECT_EQ(wire::send(quiet_peer.number(), std::string_view("x"), wire::Wait::kNo), 1);
      auto ready = co_await wait_readable(quiet.number());
      EXPECT_TRUE(ready) << ready.error().message();
      break;
    }
    case Suspended::kWaitWritable: {
      std::string drained(1 << 20, ' ');
      while (wire::receive(full_peer.number(), drained, wire::Wait::kNo) > 0) {
      }
      auto ready = co_await wait_writable(full.number());
      EXPECT_TRUE(ready) << ready.error().message();
      break;
    }
    default: {
      peer.send("still there");
      auto chunk = co_await stream.receive();
      EXPECT_TRUE(chunk) << chunk.error().message();
      if (chunk) {
        EXPECT_EQ(chunk->text(), "still there");
      }
    }
  }
}

}  // namespace rondo
