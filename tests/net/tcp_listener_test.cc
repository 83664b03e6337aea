// SPDX-License-Identifier: MIT
#include "rondo/net/tcp_listener.h"

#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

using testing::HasSubstr;

class TcpListenerTest : public TcpTest {};
RONDO_ON_EVERY_TCP_CELL(TcpListenerTest);

TEST_P(TcpListenerTest, port_0_is_answered_with_the_real_port) {
  TcpListener listener = listen();
  EXPECT_NE(listener.local_endpoint()->port(), 0);
}

TEST_P(TcpListenerTest, an_address_in_use_is_named_with_what_to_do) {
  RawListener taken(any_port());
  const Endpoint address = *taken.address().endpoint();
  auto listener = TcpListener::listen(loop(), address);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(listener.status().message()), HasSubstr(address.to_string()));
}

TEST_P(TcpListenerTest, an_address_of_another_machine_is_refused_by_name) {
  const Endpoint elsewhere = Endpoint::parse("192.0.2.1:7000").value();
  auto listener = TcpListener::listen(loop(), elsewhere);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(listener.status().message()), HasSubstr("192.0.2.1:7000"));
}

TEST_P(TcpListenerTest, a_server_can_be_restarted_at_once_on_the_same_port) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    const Endpoint address = listener.local_endpoint().value();
    RawPeer peer = RawPeer::connect(address);
    auto stream = co_await listener.accept();
    co_await stream->close();
    co_await listener.close();
    Loop& here = co_await this_loop();
    auto again = TcpListener::listen(here, address);
    EXPECT_TRUE(again.ok()) << again.status().message();
  });
}

TEST_P(TcpListenerTest, two_listeners_share_a_port_when_both_ask_for_it) {
  TcpListener first = listen({.reuse_port = true});
  auto second = TcpListener::listen(loop(), *first.local_endpoint(), {.reuse_port = true});
  EXPECT_TRUE(second.ok()) << second.status().message();
}

TEST_P(TcpListenerTest, a_connection_reset_before_it_is_accepted_does_no_harm) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    const Endpoint address = listener.local_endpoint().value();
    for (int i = 0; i < 50; ++i) {
      RawPeer::connect(address).reset();
      RawPeer last = RawPeer::connect(address);
      last.send("alive");
      for (bool alive = false; !alive;) {
        auto stream = co_await listener.accept();
        EXPECT_TRUE(stream) << stream.error().message();
        auto chunk = co_await stream->receive();
        alive = chunk.ok();
        EXPECT_TRUE(alive || chunk.error().number() == ECONNRESET) << chunk.error().message();
      }
    }
  });
}

}  // namespace
}  // namespace rondo
