// SPDX-License-Identifier: MIT
// Connections and chunks as Streams.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/coro/channel.h"
#include "rondo/coro/stream.h"
#include "support/world.h"

namespace rondo {
namespace {

static_assert(Stream<SocketListener::Connections>);
static_assert(Stream<Chunks<SocketStream>>);
static_assert(Stream<Chunks<MemoryStream>>);

class StreamsTest : public TransportTest {};
RONDO_ON_EVERY_CELL(StreamsTest);
RONDO_IN_EVERY_TOPOLOGY(StreamsTest);

TEST_P(StreamsTest, connections_come_one_after_the_other_until_a_stop) {
  run([this]() -> Task<> {
    SocketListener listener = listen();
    auto connections = listener.connections();
    int count = 0;
    co_await with_scope([&](Scope& scope) -> Task<> {
      auto accepting = scope.spawn([&]() -> Task<Result<void>> {
        auto stream = co_await connections.next();
        for (; stream; stream = co_await connections.next()) ++count;
        co_return stream.error();
      });
      for (int i = 1; i <= 3; ++i) {
        auto client = co_await connect(address_of(listener));
        EXPECT_TRUE(client);
        while (count < i) co_await turns(1);
      }
      accepting.stop();
      auto ended = co_await accepting.join();
      EXPECT_TRUE(ended.error().is(Errc::canceled));
    });
    EXPECT_EQ(count, 3);
  });
}

TEST_P(StreamsTest, chunks_can_be_pumped_into_a_channel_that_slows_their_sender) {
  run([this]() -> Task<> {
    Ends ends = co_await connected();
    Channel<Chunk> channel(1);
    const std::string sent = pattern(200'000);
    std::string received;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto all = co_await ends.client.send_all(sent);
        EXPECT_TRUE(all);
        co_await ends.client.close();
      });
      scope.spawn([&]() -> Task<> {
        auto source = chunks(ends.server);
        const Error ended = co_await pump(source, channel);
        EXPECT_TRUE(ended.is(Errc::end_of_stream));
      });
      while (auto chunk = co_await channel.receive()) received += chunk->text();
    });
    EXPECT_TRUE(received == sent);
  });
}

}  // namespace
}  // namespace rondo
