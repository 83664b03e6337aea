// SPDX-License-Identifier: MIT
// What must not be done with streams and listeners ends the process with a sentence.
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

// The dying loop is a fresh one, made by the child that the death test forks.
class MisuseDeathTest : public testing::TestWithParam<BackendCell> {
 protected:
  // Runs `body(client, server)` on two connected streams.
  template <class Body>
  static void with_streams(Body body) {
    auto loop = Loop::create(GetParam().options()).value();
    loop->spawn([&]() -> Task<> {
      Loop& here = co_await this_loop();
      auto listener = TcpListener::listen(here, loopback_port()).value();
      const Endpoint address = listener.local_endpoint().value();
      auto both = co_await when_all(TcpStream::connect(address), listener.accept());
      co_await body(*std::get<0>(both), *std::get<1>(both));
    });
    loop->run();
  }
};
RONDO_ON_EVERY_BACKEND(MisuseDeathTest);

TEST_P(MisuseDeathTest, two_receives_at_the_same_time) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 co_await when_all(client.receive(), client.receive());
               }),
               "two receives");
}

TEST_P(MisuseDeathTest, a_receive_and_a_read_at_the_same_time) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 std::byte room[4];
                 co_await when_all(client.receive(), client.read(room));
               }),
               "two receives");
}

TEST_P(MisuseDeathTest, two_sends_at_the_same_time) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 const std::string large(64 << 20, 'x');
                 co_await when_all(client.send_all(large), client.send_all(large));
               }),
               "two sends");
}

TEST_P(MisuseDeathTest, a_read_into_an_empty_span) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 static_cast<void>(co_await client.read({}));
               }),
               "there is no room in an empty span");
}

TEST_P(MisuseDeathTest, an_operation_on_a_closed_stream) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 co_await client.close();
                 static_cast<void>(co_await client.receive());
               }),
               "task 'lambda in .*with_streams': .*closed or moved from");
}

TEST_P(MisuseDeathTest, an_operation_on_a_stream_that_was_moved_away) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream&) -> Task<> {
                 TcpStream taken = std::move(client);
                 static_cast<void>(co_await client.send_all("x"));
               }),
               "task 'lambda in .*with_streams': .*closed or moved from");
}

TEST_P(MisuseDeathTest, a_stream_of_another_loop) {
  EXPECT_DEATH(
      {
        auto other = Loop::create(GetParam().options()).value();
        auto listener = TcpListener::listen(*other, loopback_port()).value();
        auto loop = Loop::create(GetParam().options()).value();
        loop->spawn([&]() -> Task<> { static_cast<void>(co_await listener.accept()); });
        loop->run();
      },
      "streams are used on their own loop only");
}

TEST_P(MisuseDeathTest, the_value_of_a_result_that_has_none) {
  EXPECT_DEATH(with_streams([](TcpStream& client, TcpStream& server) -> Task<> {
                 co_await server.close();
                 auto chunk = co_await client.receive();
                 static_cast<void>(chunk->size());
               }),
               "test it first");
}

}  // namespace
}  // namespace rondo
