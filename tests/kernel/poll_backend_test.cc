// SPDX-License-Identifier: MIT
// What is poll's own: an array that can be longer than the limit on descriptors, and entries that
// are no descriptors any more.
#include "kernel/poll/poll_backend.h"

#include <sys/resource.h>

#include <cerrno>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

class PollBackendTest : public World {
 protected:
  void SetUp() override { open({.backend = BackendKind::kPoll}); }
};

TEST_F(PollBackendTest, a_limit_on_descriptors_below_what_is_open_harms_nobody) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  run([&]() -> Task<> {
    TcpListener listener = TcpListener::listen(loop(), loopback_port()).value();
    std::vector<RawPeer> peers;
    for (int i = 0; i < 40; ++i) {
      peers.push_back(RawPeer::connect(*listener.local_endpoint()));
      auto stream = co_await listener.accept();
      loop().spawn(echo, std::move(*stream));
    }
    co_await turns(3);
    rlimit lowered = before;
    lowered.rlim_cur = 16;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);
    for (int round = 0; round < 3; ++round) {
      for (RawPeer& peer : peers) peer.send("ping");
      auto slept = co_await sleep(5ms);
      EXPECT_TRUE(slept);
      co_await turns(3);
      for (RawPeer& peer : peers) EXPECT_EQ(peer.receive(4), "ping");
    }
    const std::uint64_t waits = loop().backend().counters().waits;
    auto slept = co_await sleep(50ms);
    EXPECT_TRUE(slept);
    EXPECT_LE(loop().backend().counters().waits - waits, kTurnsOfASleeper)
        << "it asks again, but does not spin";
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  });
}

TEST_F(PollBackendTest, a_descriptor_closed_by_others_ends_its_wait_and_no_other) {
  auto closed = control::open_socket_pair(BlockingMode::kBlocking).value();
  auto kept = control::open_socket_pair(BlockingMode::kBlocking).value();
  std::optional<Error> first;
  std::optional<Error> second;
  loop().spawn([&]() -> Task<> {
    auto ready = co_await wait_readable(closed.first.number());
    first = ready.error();
  });
  loop().spawn([&]() -> Task<> {
    auto ready = co_await wait_readable(kept.first.number());
    second = ready.error();
  });
  turn();
  closed.first = Fd();
  turn_until([&] { return first.has_value(); });
  EXPECT_EQ(first->number(), EBADF);
  turn();
  EXPECT_FALSE(second.has_value());
  kept.second = Fd();
  turn_until([&] { return second.has_value(); });
  EXPECT_FALSE(*second);
}

}  // namespace
}  // namespace rondo
