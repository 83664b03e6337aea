// SPDX-License-Identifier: MIT
// A loop in the epoll set of a host that sleeps until it hears of it: whatever there is to do, it
// hears. nested_test.cc has what poll(2) sees.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/coro/event.h"
#include "support/wire.h"
#include "support/world.h"

namespace rondo {
namespace {

class HostTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override { open_with(GetParam().options()); }
  void TearDown() override {
    host_ = Fd();
    World::TearDown();
  }
  void open_with(LoopOptions options) {
    open(std::move(options));
    if (IsSkipped()) return;
    host_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    EXPECT_EQ(::epoll_ctl(host_.number(), EPOLL_CTL_ADD, loop().poll_fd(), &event), 0);
  }

  SocketStream adopt(Fd& fd) {
    auto socket = Socket::adopt(loop(), std::move(fd));
    EXPECT_TRUE(socket);
    return SocketStream(std::move(*socket));
  }

  // Sleeps as a host does: until it hears of the loop, or the loop wants its turn anyway.
  bool wakes(int most_milliseconds = 5000) {
    if (loop().next_deadline() <= loop().now()) return true;
    epoll_event event;
    return ::epoll_wait(host_.number(), &event, 1, most_milliseconds) == 1;
  }
  void serve() {
    while (loop().run_once().more) {
    }
  }
  // Until there is nothing to do.
  void settle() {
    do {
      serve();
    } while (wakes(0));
  }
  // False when the host sleeps and is not `done()`.
  bool serve_until(const std::function<bool()>& done) {
    while (!done()) {
      if (!wakes()) return false;
      serve();
    }
    return true;
  }

  Fd host_;
};
INSTANTIATE_TEST_SUITE_P(, HostTest, testing::ValuesIn(nestable_backend_cells()), name_of_backend);

// A copy of a closed descriptor still tells the kernel's set of what comes; the backend then makes
// itself another set.
TEST_P(HostTest, it_hears_of_posts_and_bytes_after_events_of_a_descriptor_that_is_gone) {
  auto pair = wire::socket_pair();
  RawPeer peer(std::move(pair.second));
  const Fd copy(::fcntl(pair.first.number(), F_DUPFD_CLOEXEC, 0));
  SocketStream stream = adopt(pair.first);
  bool closed = false;
  loop().spawn([&]() -> Task<> {
    auto chunk = co_await stream.receive();
    EXPECT_TRUE(chunk);
    co_await stream.close();
    closed = true;
  });
  settle();
  peer.send("x");
  EXPECT_TRUE(serve_until([&] { return closed; }));
  settle();
  // Only the copy gets it, unless the close had to shut the socket down (io_uring).
  static_cast<void>(::send(peer.fd(), "y", 1, MSG_NOSIGNAL));
  turn(5);
  if (GetParam().trigger == Trigger::kEdge) {
    EXPECT_GT(loop().counters().stale_events, 0u);
  }
  settle();
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    bool ran = false;
    EXPECT_TRUE(loop().post([&] { ran = true; }));
    EXPECT_TRUE(serve_until([&] { return ran; })) << "it has not heard of a post";
    settle();
    auto other = wire::socket_pair();
    RawPeer sender(std::move(other.second));
    std::string got;
    loop().spawn([&]() -> Task<> {
      SocketStream next = adopt(other.first);
      got = co_await receive_exactly(next, 4);
    });
    settle();
    sender.send("next");
    EXPECT_TRUE(serve_until([&] { return got == "next"; })) << "it has not heard of bytes";
    settle();
  }
}

TEST_P(HostTest, it_hears_of_what_its_own_close_has_ended) {
  auto pair = wire::socket_pair();
  const RawPeer peer(std::move(pair.second));
  std::optional<Error> outcome;
  {
    SocketStream stream = adopt(pair.first);
    loop().spawn([&]() -> Task<> {
      auto chunk = co_await stream.receive();
      outcome = chunk.error();
    });
    settle();
    EXPECT_FALSE(outcome.has_value());
  }
  EXPECT_TRUE(serve_until([&] { return outcome.has_value(); }));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->is(Errc::closed)) << outcome->message();
}

class FewEventsHostTest : public HostTest {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.events_per_turn = 2;
    open_with(std::move(options));
  }
};
INSTANTIATE_TEST_SUITE_P(, FewEventsHostTest, testing::ValuesIn(nestable_backend_cells()),
                         name_of_backend);

TEST_P(FewEventsHostTest, it_hears_of_events_that_a_turn_left_over) {
  std::vector<RawPeer> peers;
  int received = 0;
  const int count = 40;
  for (int i = 0; i < count; ++i) {
    auto pair = wire::socket_pair();
    peers.emplace_back(std::move(pair.second));
    auto receive = [this, &received](Fd fd) -> Task<> {
      SocketStream stream = adopt(fd);
      for (int round = 0; round < 3; ++round) {
        auto chunk = co_await stream.receive();
        EXPECT_TRUE(chunk);
        ++received;
      }
    };
    loop().spawn(receive, std::move(pair.first));
  }
  for (int round = 1; round <= 3; ++round) {
    settle();
    for (RawPeer& peer : peers) peer.send("a");
    EXPECT_TRUE(serve_until([&] { return received == count * round; })) << received;
  }
  loop().run();
}

// Of all who get bytes only the last one asks for them.
TEST_P(FewEventsHostTest, it_hears_of_events_behind_others_that_nobody_asks_for) {
  Event never;
  std::vector<RawPeer> peers;
  int received = 0;
  bool heard = false;
  const int count = 40;
  for (int i = 0; i < count; ++i) {
    auto pair = wire::socket_pair();
    peers.emplace_back(std::move(pair.second));
    const bool is_last = i == count - 1;
    auto receive = [this, is_last, &received, &heard, &never](Fd fd) -> Task<> {
      SocketStream stream = adopt(fd);
      auto first = co_await stream.receive();
      EXPECT_TRUE(first);
      ++received;
      if (is_last) {
        auto second = co_await stream.receive();
        EXPECT_TRUE(second);
        heard = true;
      }
      auto waited = co_await never.wait();
      EXPECT_FALSE(waited);
    };
    loop().spawn(receive, std::move(pair.first));
  }
  settle();
  for (RawPeer& peer : peers) peer.send("a");
  EXPECT_TRUE(serve_until([&] { return received == count; })) << received;
  settle();
  for (RawPeer& peer : peers) peer.send("b");
  EXPECT_TRUE(serve_until([&] { return heard; }));
  loop().stop();
  loop().run();
}

// Where the kernel keeps nothing between two calls the host calls often.
class PollingHostTest : public BackendTest {};
RONDO_ON_EVERY_BACKEND(PollingHostTest);

TEST_P(PollingHostTest, a_close_between_two_calls_ends_the_receive_in_one_of_the_next) {
  auto pair = wire::socket_pair();
  const RawPeer peer(std::move(pair.second));
  std::optional<Error> outcome;
  {
    auto socket = Socket::adopt(loop(), std::move(pair.first));
    ASSERT_TRUE(socket);
    SocketStream stream(std::move(*socket));
    loop().spawn([&]() -> Task<> {
      auto chunk = co_await stream.receive();
      outcome = chunk.error();
    });
    turn();
    EXPECT_FALSE(outcome.has_value());
  }
  turn_until([&] { return outcome.has_value(); });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->is(Errc::closed)) << outcome->message();
}

}  // namespace
}  // namespace rondo
