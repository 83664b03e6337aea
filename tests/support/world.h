// SPDX-License-Identifier: MIT
// The fixtures of the behavioural suite: a loop of the cell's backend, a watchdog, and a check that
// nothing is left open when the loop has gone. A cell's loop may live inside a topology: then its
// connections come in through the runtime.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "rondo/sim/world.h"
#include "support/backends.h"
#include "support/descriptors.h"
#include "support/raw_peer.h"
#include "support/serving_loop.h"
#include "support/watchdog.h"

namespace rondo {

using namespace std::chrono_literals;  // NOLINT: this header is for tests only

// Two ends of one connection.
struct Ends {
  SocketStream client;
  SocketStream server;
};

// A stream of the library and a socket without it.
struct Mixed {
  SocketStream stream;
  RawPeer peer;
};

// Lets `count` turns of the loop pass, kernel calls included.
Task<> turns(int count);

// `size` bytes of which each tells its place, so that a lost or doubled one is seen.
std::string pattern(std::size_t size, std::size_t from = 0);

// Everything up to the end of the stream; `failure` tells what ended it if that was not the end.
struct Received {
  std::string bytes;
  Error failure;
};
template <ByteStream Stream>
Task<Received> receive_to_end(Stream& stream) {
  Received received;
  for (;;) {
    auto chunk = co_await stream.receive();
    if (!chunk) {
      if (!chunk.error().is(Errc::end_of_stream)) received.failure = chunk.error();
      co_return received;
    }
    received.bytes += chunk->text();
  }
}

// Exactly `size` bytes, or fewer when the stream ends.
template <ByteStream Stream>
Task<std::string> receive_exactly(Stream& stream, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    auto count = co_await stream.read(std::as_writable_bytes(std::span(bytes).subspan(got)));
    if (!count) break;
    got += *count;
  }
  bytes.resize(got);
  co_return bytes;
}

// Sends back what comes until the stream ends.
inline constexpr auto echo = [](auto stream) -> Task<> {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
};

// Where a listener of the library listens.
Address address_of(const SocketListener& listener);

class World : public testing::Test {
 protected:
  // Opens the loop; the test is skipped if the backend cannot be had here.
  void open(LoopOptions options);
  // Opens it inside a topology, with a listener on `any`. The runtime's thread turns it, so that
  // run() is all that can be done with it from outside.
  void open_in(const TopologyCell& topology, LoopOptions options, const Address& any);
  void TearDown() override;

  Loop& loop() { return serving_ ? serving_->loop() : *loop_; }
  // Destroys the loop before the test's end.
  void destroy_loop();

  // Runs a task until it and everything else on the loop has ended; inside a topology until it has.
  template <class Body>
  void run(Body body) {
    if (serving_) return serving_->run(std::move(body));
    loop().spawn(std::move(body));
    loop().run();
  }
  // Turns the loop, without waiting, so often.
  void turn(int times = 4);
  // Turns the loop until `done()`; waits between the turns as a host would. Watched.
  void turn_until(const std::function<bool()>& done);

  // Exceptions that left spawned tasks; each is a failure unless the test takes it from here.
  std::vector<std::string> escaped_;
  // Inside a topology; where its connections come from.
  std::optional<ServingLoop> serving_;

 private:
  void begin(LoopOptions& options);
  // The loop of a cell; nullptr, and the test is skipped, if there can be none here.
  std::unique_ptr<Loop> create(LoopOptions options);

  std::map<int, std::string> open_before_;
  std::optional<Watchdog> watchdog_;
  std::unique_ptr<sim::World> simulated_;
  std::unique_ptr<Loop> loop_;
};

// For what depends on the backend only.
class BackendTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override { open(GetParam().options()); }
};

// For what depends on the backend, on a clock that the test drives.
class ClockTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.clock = &clock_;
    open(std::move(options));
  }

  ManualClock clock_{TimePoint{} + 1h};
};

// For what runs over every backend and every transport.
class TransportTest : public World, public testing::WithParamInterface<Cell> {
 protected:
  void SetUp() override;

  const Address& any() const { return GetParam().transport.any; }
  SocketListener listen(const ListenOptions& options = {});
  Task<Ends> connected();
  // The other end is raw; `receive_buffer` is that one's.
  Task<Mixed> connected_to_raw(int receive_buffer = 0);
};

// For what two ends of the library do with each other, whatever connects them: sockets, or memory.
class StreamTest : public TransportTest {
 protected:
  // Runs `body(client, server)`, two connected streams of whatever class, until everything on the
  // loop has ended.
  template <class Body>
  void run_between(Body body) {
    run([&]() -> Task<> {
      if (GetParam().transport.kind == TransportKind::kPair) {
        auto pair = MemoryStream::pair(loop()).value();
        co_await body(pair.first, pair.second);
      } else {
        Ends ends = co_await connected();
        co_await body(ends.client, ends.server);
      }
    });
  }
};

// For what only TCP does.
class TcpTest : public TransportTest {
 protected:
  const Endpoint& any_port() const { return *any().endpoint(); }
  TcpListener listen(const ListenOptions& options = {});
};

#define RONDO_ON_EVERY_BACKEND(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(backend_cells()), name_of_backend)
#define RONDO_ON_MAIN_BACKENDS(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(main_backend_cells()), name_of_backend)
#define RONDO_ON_EVERY_CELL(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(cells()), name_of_cell)
// Beside one of the others: what needs nothing of its loop but run().
#define RONDO_IN_EVERY_TOPOLOGY(Suite) \
  INSTANTIATE_TEST_SUITE_P(served, Suite, testing::ValuesIn(served_cells()), name_of_cell)
#define RONDO_ON_EVERY_KERNEL_CELL(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(kernel_cells()), name_of_cell)
#define RONDO_ON_EVERY_STREAM_CELL(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(stream_cells()), name_of_cell)
#define RONDO_ON_EVERY_KERNEL_STREAM_CELL(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(kernel_stream_cells()), name_of_cell)
#define RONDO_ON_EVERY_TCP_CELL(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(tcp_cells()), name_of_cell)

}  // namespace rondo
