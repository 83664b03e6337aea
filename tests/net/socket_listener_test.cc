// SPDX-License-Identifier: MIT
#include "rondo/net/socket_listener.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/base/sanitizer.h"
#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

class SocketListenerTest : public TransportTest {};
RONDO_ON_EVERY_CELL(SocketListenerTest);

TEST_P(SocketListenerTest, a_burst_of_connections_is_accepted_completely) {
  run([&]() -> Task<> {
    SocketListener listener = listen();
    const Address address = address_of(listener);
    std::vector<RawPeer> peers;
    for (int i = 0; i < 300; ++i) {
      peers.push_back(RawPeer::connect(address));
      peers.back().send(std::to_string(i));
    }
    std::vector<bool> seen(peers.size());
    for (std::size_t i = 0; i < peers.size(); ++i) {
      auto stream = co_await listener.accept();
      EXPECT_TRUE(stream) << stream.error().message();
      auto chunk = co_await stream->receive();
      const auto who = static_cast<std::size_t>(std::stoi(std::string(chunk->text())));
      EXPECT_FALSE(seen.at(who));
      seen.at(who) = true;
    }
  });
}

TEST_P(SocketListenerTest, stop_during_accept) {
  run([&]() -> Task<> {
    SocketListener listener = listen();
    Error outcome;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        auto stream = co_await listener.accept();
        outcome = stream.error();
      });
      co_await turns(3);
      scope.stop();
    });
    EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.message();
    RawPeer peer = RawPeer::connect(address_of(listener));
    auto stream = co_await listener.accept();
    EXPECT_TRUE(stream);
  });
}

TEST_P(SocketListenerTest, close_during_accept) {
  run([&]() -> Task<> {
    SocketListener listener = listen();
    const Address address = address_of(listener);
    auto close = [&]() -> Task<> {
      co_await turns(3);
      co_await listener.close();
    };
    auto both = co_await when_all(listener.accept(), close());
    EXPECT_TRUE(std::get<0>(both).error().is(Errc::closed)) << std::get<0>(both).error().message();
    auto refused = co_await connect(address);
    EXPECT_EQ(refused.error().number(), ECONNREFUSED);
  });
}

// Without descriptors UBSan takes good objects for bad ones: it opens a pipe to look at them.
#define RONDO_SKIP_WITHOUT_DESCRIPTORS() \
  if (kAddressSanitizer) GTEST_SKIP() << "UBSan needs descriptors of its own"

// A connection that waits to be accepted, but no descriptor is left for it.
TEST_P(SocketListenerTest,
       without_descriptors_accept_pauses_and_resumes_when_there_are_some_again) {
  RONDO_SKIP_WITHOUT_DESCRIPTORS();
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    SocketListener listener = listen();
    const Address address = address_of(listener);
    RawPeer served = RawPeer::connect(address);
    auto accepted = co_await listener.accept();
    // io_uring takes the limit when the accept begins, so the one that is armed must go first.
    co_await listener.close();
    listener = listen();
    RawPeer waiting = RawPeer::connect(address_of(listener));
    std::optional<DescriptorLimit> none_left(std::in_place, 0);
    int failures = 0;
    bool resumed = false;
    auto accept = [&]() -> Task<> {
      for (;;) {
        auto stream = co_await listener.accept();
        resumed = stream.ok();
        if (resumed) break;
        EXPECT_EQ(stream.error().number(), EMFILE) << stream.error().message();
        if (++failures == 4) none_left.reset();
      }
    };
    auto serve = [&]() -> Task<> { co_await echo(std::move(*accepted)); };
    auto use = [&]() -> Task<> {
      int rounds = 0;
      while (!resumed) {
        ++rounds;
        served.send("ping");
        co_await turns(2);
        EXPECT_EQ(served.receive(4), "ping");
        auto slept = co_await sleep(1ms);
        EXPECT_TRUE(slept);
      }
      EXPECT_GT(rounds, 4);
      served.finish_sending();
    };
    const TimePoint begin = here.now();
    co_await when_all(accept(), serve(), use());
    EXPECT_TRUE(resumed);
    EXPECT_EQ(failures, 4);
    EXPECT_GE(here.now() - begin, 150ms) << "10, 20, 40 and 80 ms of pause";
  });
}

TEST_P(SocketListenerTest, without_descriptors_the_loop_does_not_spin) {
  RONDO_SKIP_WITHOUT_DESCRIPTORS();
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    SocketListener listener = listen();
    RawPeer waiting = RawPeer::connect(address_of(listener));
    std::optional<DescriptorLimit> none_left(std::in_place, 0);
    const std::uint64_t before = here.backend().counters().waits;
    for (int failures = 0; failures < 4; ++failures) {
      auto stream = co_await listener.accept();
      EXPECT_EQ(stream.error().number(), EMFILE) << stream.error().message();
    }
    EXPECT_LE(here.backend().counters().waits - before, kTurnsOfASleeper);
    none_left.reset();
    auto stream = co_await listener.accept();
    EXPECT_TRUE(stream);
  });
}

TEST_P(SocketListenerTest, without_descriptors_connect_fails_and_says_so) {
  RONDO_SKIP_WITHOUT_DESCRIPTORS();
  run([&]() -> Task<> {
    SocketListener listener = listen();
    DescriptorLimit none_left(0);
    auto stream = co_await connect(address_of(listener));
    EXPECT_EQ(stream.error().number(), EMFILE);
  });
}

TEST_P(SocketListenerTest, no_descriptor_would_be_inherited_by_a_program_that_is_executed) {
  const std::vector<std::string> before = inheritable_descriptors();
  run([&]() -> Task<> {
    SocketListener listener = listen();
    auto both = co_await when_all(connect(address_of(listener)), listener.accept());
    EXPECT_TRUE(std::get<0>(both));
    EXPECT_EQ(inheritable_descriptors(), before);
  });
}

// The number of a closed descriptor is the first to be given out again. Bytes, ends and errors of
// the old connection must not reach the new one.
TEST_P(SocketListenerTest, a_descriptor_number_reused_at_once_gets_nothing_of_its_predecessor) {
  const int rounds = scaled(1000);
  run([&]() -> Task<> {
    SocketListener listener = listen();
    const Address address = address_of(listener);
    int reused = 0;
    for (int i = 0; i < rounds; ++i) {
      RawPeer old_peer = RawPeer::connect(address);
      auto old_stream = co_await listener.accept();
      const int number = old_stream->fd();
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn([&]() -> Task<> {
          auto chunk = co_await old_stream->receive();
          EXPECT_TRUE(chunk || chunk.error().is(Errc::closed)) << chunk.error().message();
        });
        co_await turns(1);
        RawPeer new_peer = RawPeer::for_connecting_to(address);
        old_peer.send("old");
        if (i % 3 == 0) old_peer.close();
        { SocketStream gone = std::move(*old_stream); }
        co_await turns(i % 3);
        new_peer.connect_to(address);
        auto fresh = co_await listener.accept();
        EXPECT_TRUE(fresh) << fresh.error().message();
        if (fresh->fd() == number) ++reused;
        auto nothing = co_await with_timeout(0ns, fresh->receive());
        EXPECT_TRUE(nothing.error().is(Errc::timed_out)) << nothing.error().message();
        const std::string hello = "new " + std::to_string(i);
        new_peer.send(hello);
        auto chunk = co_await fresh->receive();
        EXPECT_TRUE(chunk) << chunk.error().message();
        EXPECT_TRUE(chunk && chunk->text() == hello);
      });
    }
    EXPECT_GT(reused, rounds / 4);
  });
}

}  // namespace
}  // namespace rondo
