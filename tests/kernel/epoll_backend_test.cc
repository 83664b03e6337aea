// SPDX-License-Identifier: MIT
// What is epoll's own: its one-shot trigger.
#include "kernel/epoll/epoll_backend.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class OneShotTest : public World {
 protected:
  void SetUp() override { open({.backend = BackendKind::kEpoll, .trigger = Trigger::kOneShot}); }
  const BackendCounters& counters() { return loop().backend().counters(); }
  TcpListener listen(Trigger trigger = Trigger::kDefault) {
    return TcpListener::listen(loop(), loopback_port(), {.trigger = trigger}).value();
  }
};

TEST_F(OneShotTest, after_an_event_there_is_silence_until_somebody_waits_again) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint());
    auto stream = co_await listener.accept();
    auto receive = [&]() -> Task<> {
      auto chunk = co_await stream->receive();
      EXPECT_TRUE(chunk && chunk->text() == "one");
    };
    auto send = [&]() -> Task<> {
      co_await turns(3);
      peer.send("one");
    };
    co_await when_all(receive(), send());
    co_await turns(2);
    const std::uint64_t events = counters().events;
    const std::uint64_t changes = counters().changes;
    peer.send("two");
    co_await turns(5);
    peer.finish_sending();
    co_await turns(5);
    EXPECT_EQ(counters().events, events);
    EXPECT_EQ(counters().changes, changes);
    auto chunk = co_await stream->receive();
    EXPECT_TRUE(chunk && chunk->text() == "two");
    auto end = co_await stream->receive();
    EXPECT_TRUE(end.error().is(Errc::end_of_stream));
  });
}

TEST_F(OneShotTest, each_wait_is_one_change) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint());
    auto stream = co_await listener.accept();
    co_await turns(2);
    const std::uint64_t before = counters().changes;
    auto receive = [&]() -> Task<> {
      for (int i = 0; i < 50; ++i) {
        auto chunk = co_await stream->receive();
        EXPECT_TRUE(chunk);
      }
    };
    auto send = [&]() -> Task<> {
      for (int i = 0; i < 50; ++i) {
        co_await turns(3);
        peer.send("x");
      }
    };
    co_await when_all(receive(), send());
    EXPECT_EQ(counters().changes - before, 50u);
  });
}

TEST_F(OneShotTest, a_reader_goes_on_waiting_when_the_shot_was_for_the_writer) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint(), 64 << 10);
    auto stream = co_await listener.accept();
    const std::string large = pattern(8 << 20);
    auto receive = [&]() -> Task<> {
      auto chunk = co_await stream->receive();
      EXPECT_TRUE(chunk && chunk->text() == "done");
    };
    auto send = [&]() -> Task<> {
      const Transfer sent = co_await stream->send_all(large);
      EXPECT_TRUE(sent);
    };
    auto drain = [&]() -> Task<> {
      std::size_t drained = 0;
      while (drained < large.size()) {
        auto readable = co_await wait_readable(peer.fd());
        EXPECT_TRUE(readable);
        drained += peer.receive_some().size();
      }
      peer.send("done");
    };
    co_await when_all(receive(), send(), drain());
  });
}

TEST_F(OneShotTest, a_listener_takes_a_burst_without_a_change_for_each_connection) {
  run([&]() -> Task<> {
    TcpListener listener = listen(Trigger::kOneShot);
    std::vector<RawPeer> peers;
    for (int i = 0; i < 50; ++i) peers.push_back(RawPeer::connect(*listener.local_endpoint()));
    const std::uint64_t before = counters().changes;
    for (int i = 0; i < 50; ++i) {
      auto stream = co_await listener.accept();
      EXPECT_TRUE(stream);
    }
    EXPECT_LE(counters().changes - before, 2u);
  });
}

}  // namespace
}  // namespace rondo
