// SPDX-License-Identifier: MIT
// What is select's own: it sees no descriptor whose number is FD_SETSIZE or more.
#include "kernel/select/select_backend.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/world.h"

namespace rondo {
namespace {

using testing::HasSubstr;

TEST(DescriptorSet, members_are_found_in_order) {
  DescriptorSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.next(0), DescriptorSet::kSize);
  for (int fd : {0, 5, 63, 64, 700, 1023}) set.add(fd);
  set.remove(5);
  std::vector<int> found;
  for (int fd = set.next(0); fd < DescriptorSet::kSize; fd = set.next(fd + 1)) {
    EXPECT_TRUE(set.has(fd));
    EXPECT_TRUE(FD_ISSET(fd, set.native()));
    found.push_back(fd);
  }
  EXPECT_EQ(found, (std::vector<int>{0, 63, 64, 700, 1023}));
  EXPECT_EQ(set.highest(), 1023);
  set.remove(1023);
  EXPECT_EQ(set.highest(), 700);
}

class SelectBackendTest : public World {
 protected:
  void SetUp() override {
    open({.backend = BackendKind::kSelect});
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    before_ = limit.rlim_cur;
    limit.rlim_cur = 4096;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  void TearDown() override {
    fillers_.clear();
    World::TearDown();
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = before_;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }

  // Leaves only `count` free numbers that select can see.
  void leave_low_numbers(int count) {
    for (;;) {
      Fd filler(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      ASSERT_TRUE(filler.valid());
      if (filler.number() >= FD_SETSIZE) break;
      fillers_.push_back(std::move(filler));
    }
    for (; count > 0; --count) fillers_.pop_back();
  }
  // The same as `fd`, under a number that select cannot see.
  static Fd above(const Fd& fd) { return Fd(::fcntl(fd.number(), F_DUPFD_CLOEXEC, FD_SETSIZE)); }
  TcpListener listen() { return TcpListener::listen(loop(), loopback_port()).value(); }

  std::vector<Fd> fillers_;

 private:
  rlim_t before_ = 0;
};

TEST_F(SelectBackendTest, a_wait_for_a_descriptor_that_is_too_large_says_so) {
  auto pair = control::open_socket_pair(BlockingMode::kBlocking).value();
  const Fd large = above(pair.first);
  run([&]() -> Task<> {
    auto readable = co_await wait_readable(large.number());
    EXPECT_TRUE(readable.error().is(Errc::descriptor_too_large));
    EXPECT_EQ(readable.error().code(), std::errc::too_many_files_open);
    EXPECT_THAT(readable.error().message(), HasSubstr("FD_SETSIZE"));
    auto writable = co_await wait_writable(large.number());
    EXPECT_TRUE(writable.error().is(Errc::descriptor_too_large));
  });
}

TEST_F(SelectBackendTest, on_a_descriptor_that_is_too_large_only_what_waits_fails) {
  run([&]() -> Task<> {
    leave_low_numbers(20);
    TcpListener listener = listen();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint(), 64 << 10);
    auto accepted = co_await listener.accept_fd();
    EXPECT_TRUE(accepted);
    TcpStream stream(Socket::adopt(loop(), above(*accepted)).value());
    auto sent = co_await stream.send_all("there is room");
    EXPECT_TRUE(sent);
    EXPECT_EQ(peer.receive(13), "there is room");
    auto chunk = co_await stream.receive();
    EXPECT_TRUE(chunk.error().is(Errc::descriptor_too_large));
    const std::string large = pattern(16 << 20);
    const Transfer part = co_await stream.send_all(large);
    EXPECT_TRUE(part.error().is(Errc::descriptor_too_large));
    EXPECT_GT(part.bytes, 0u);
    EXPECT_LT(part.bytes, large.size());
  });
}

TEST_F(SelectBackendTest, connections_beyond_the_limit_are_refused_and_the_rest_is_served) {
  leave_low_numbers(43);
  run([&]() -> Task<> {
    TcpListener listener = listen();
    const Endpoint address = listener.local_endpoint().value();
    int refused = 0;
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn([&]() -> Task<> {
        for (;;) {
          auto stream = co_await listener.accept();
          if (!stream) co_return;
          scope.spawn(
              [&refused](TcpStream served) -> Task<> {
                for (;;) {
                  auto chunk = co_await served.receive();
                  if (!chunk) {
                    if (chunk.error().is(Errc::descriptor_too_large)) ++refused;
                    co_return;
                  }
                  auto sent = co_await served.send_all(*chunk);
                  EXPECT_TRUE(sent);
                }
              },
              std::move(*stream));
        }
      });
      auto connect = [&]() -> Task<RawPeer> {
        RawPeer peer = RawPeer::connect(address);
        co_await turns(4);
        co_return peer;
      };
      auto is_served = [](RawPeer& peer) -> Task<bool> {
        peer.send("ping");
        co_await turns(4);
        co_return peer.receive(4) == "ping";
      };
      // Each connection takes two numbers: one here, one at the peer.
      std::vector<RawPeer> peers;
      while (refused == 0) peers.push_back(co_await connect());
      const std::size_t full = peers.size() - 1;
      EXPECT_EQ(full, 21u);
      for (int i = 0; i < 30; ++i) peers.push_back(co_await connect());
      EXPECT_EQ(refused, 31);
      for (std::size_t i = 0; i < peers.size(); ++i) {
        if (i < full) {
          const bool served = co_await is_served(peers[i]);
          EXPECT_TRUE(served) << i;
        } else {
          EXPECT_TRUE(peers[i].sees_end()) << i;
        }
      }
      // Some of the first go, and there is room again.
      for (std::size_t i = 0; i < 5; ++i) peers[i].close();
      co_await turns(5);
      for (std::size_t i = 0; i < 5; ++i) {
        peers[i] = co_await connect();
        const bool served = co_await is_served(peers[i]);
        EXPECT_TRUE(served) << i;
      }
      EXPECT_EQ(refused, 31);
      scope.stop();
    });
  });
}

TEST_F(SelectBackendTest, a_listener_that_is_too_large_pauses_instead_of_spinning) {
  run([&]() -> Task<> {
    leave_low_numbers(0);
    TcpListener listener = listen();
    const TimePoint begin = loop().now();
    for (int i = 0; i < 4; ++i) {
      auto stream = co_await listener.accept();
      EXPECT_TRUE(stream.error().is(Errc::descriptor_too_large));
    }
    EXPECT_GE(loop().now() - begin, 70ms) << "10, 20 and 40 ms";
  });
}

TEST_F(SelectBackendTest, a_loop_that_would_not_see_its_own_descriptor_is_refused) {
  leave_low_numbers(0);
  auto late = Loop::create({.backend = BackendKind::kSelect});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("below 1024"));
}

TEST_F(SelectBackendTest, a_descriptor_closed_by_others_ends_its_wait_and_no_other) {
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
