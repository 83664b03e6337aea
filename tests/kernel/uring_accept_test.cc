// SPDX-License-Identifier: MIT
// Accepting and connecting on io_uring.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring_harness.h"

namespace rondo {
namespace {

TEST(UringAccept, accepts_what_connects) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  for (int i = 0; i < 3; ++i) {
    TestOp accept(OpCode::kAccept, &listener);
    loop.begin(accept);
    const Fd peer = connect_to(listening.address);
    ASSERT_TRUE(loop.finish(accept));
    ASSERT_FALSE(accept.error) << accept.error.message();
    const Fd connection(accept.descriptor);
    EXPECT_NE(::fcntl(connection.number(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::fcntl(connection.number(), F_GETFL) & O_NONBLOCK, 0);
  }
  EXPECT_LE(loop.counters().changes, 3u) << "an accept was armed more than once";
}

TEST(UringAccept, connections_that_nobody_asked_for_are_bounded_and_not_lost) {
  constexpr int kPeers = 200;
  Harness loop;
  Listening listening = listen_on_loopback(kPeers);
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  TestOp first(OpCode::kAccept, &listener);
  loop.begin(first);
  std::vector<Fd> peers;
  for (int i = 0; i < kPeers; ++i) peers.push_back(connect_to(listening.address));
  ASSERT_TRUE(loop.finish(first));
  const Fd first_connection(first.descriptor);
  loop.settle();
  ASSERT_NE(listener.accepted, nullptr);
  EXPECT_GE(listener.accepted->size(), 64u);
  std::vector<Fd> connections;
  for (int i = 1; i < kPeers; ++i) {
    TestOp accept(OpCode::kAccept, &listener);
    loop.begin(accept);
    ASSERT_TRUE(loop.finish(accept)) << i;
    ASSERT_FALSE(accept.error);
    connections.emplace_back(accept.descriptor);
  }
}

TEST(UringAccept, accept_without_descriptors_fails_once_and_goes_on_later) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  const Fd peer = connect_to(listening.address);
  const Fd probe(::dup(0));
  rlimit before;
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none = {static_cast<rlim_t>(probe.number() + 1), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  TestOp refused(OpCode::kAccept, &listener);
  loop.begin(refused);
  const bool finished = loop.finish(refused);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(finished);
  EXPECT_EQ(refused.error.number(), EMFILE);
  const std::uint64_t changes = loop.counters().changes;
  loop.settle();
  EXPECT_EQ(loop.counters().changes, changes) << "armed again without an accept";
  TestOp accept(OpCode::kAccept, &listener);
  loop.begin(accept);
  ASSERT_TRUE(loop.finish(accept));
  EXPECT_FALSE(accept.error);
  const Fd connection(accept.descriptor);
}

TEST(UringAccept, stop_during_accept_loses_no_connection) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& listener = loop.adopt(std::move(listening.fd));
  listener.set(kSlotListener);
  TestOp stopped(OpCode::kAccept, &listener);
  loop.begin(stopped);
  loop.turn();
  loop.stop(stopped);
  const Fd peer = connect_to(listening.address);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled));
  TestOp accept(OpCode::kAccept, &listener);
  loop.begin(accept);
  ASSERT_TRUE(loop.finish(accept));
  EXPECT_FALSE(accept.error);
  const Fd connection(accept.descriptor);
}

TEST(UringAccept, connects_and_is_refused) {
  Harness loop;
  Listening listening = listen_on_loopback();
  Slot& socket = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp connect(OpCode::kConnect, &socket);
  connect.address = reinterpret_cast<sockaddr*>(&listening.address);
  connect.size = sizeof(listening.address);
  loop.begin(connect);
  ASSERT_TRUE(loop.finish(connect));
  EXPECT_FALSE(connect.error) << connect.error.message();

  listening.fd = Fd();
  Slot& other = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp refused(OpCode::kConnect, &other);
  refused.address = reinterpret_cast<sockaddr*>(&listening.address);
  refused.size = sizeof(listening.address);
  loop.begin(refused);
  ASSERT_TRUE(loop.finish(refused));
  EXPECT_EQ(refused.error.number(), ECONNREFUSED);
}

TEST(UringAccept, close_while_connecting) {
  Harness loop;
  FullListener full;
  Slot& socket = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp connect(OpCode::kConnect, &socket);
  connect.address = reinterpret_cast<sockaddr*>(&full.listening.address);
  connect.size = sizeof(full.listening.address);
  loop.begin(connect);
  loop.turn();
  ASSERT_EQ(connect.runs, 0);
  loop.close(socket);
  ASSERT_TRUE(loop.finish(connect));
  EXPECT_TRUE(connect.error.is(Errc::closed)) << connect.error.message();
  EXPECT_TRUE(loop.turn_until([&] { return loop.slots().in_use() == 0; }));
}

TEST(UringAccept, stop_and_retract_while_connecting) {
  Harness loop;
  FullListener full;
  const auto hang = [&](TestOp& connect) {
    connect.address = reinterpret_cast<sockaddr*>(&full.listening.address);
    connect.size = sizeof(full.listening.address);
    loop.begin(connect);
    loop.turn();
    ASSERT_EQ(connect.runs, 0);
  };
  Slot& first = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp stopped(OpCode::kConnect, &first);
  hang(stopped);
  loop.stop(stopped);
  ASSERT_TRUE(loop.finish(stopped));
  EXPECT_TRUE(stopped.error.is(Errc::canceled)) << stopped.error.message();

  Slot& second = loop.adopt(Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  TestOp retracted(OpCode::kConnect, &second);
  hang(retracted);
  loop.retract(retracted);
  loop.settle();
  EXPECT_EQ(second.in_flight, 0);
  EXPECT_EQ(second.writer, nullptr);
}

}  // namespace
}  // namespace rondo
