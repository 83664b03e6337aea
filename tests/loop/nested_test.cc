// SPDX-License-Identifier: MIT
// A loop in a host's poll set: what makes its descriptor readable, and what does not.
#include <poll.h>

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

class NestedTest : public BackendTest {
 protected:
  // Sits in the host's poll set for as long as it takes, with nothing but the loop's descriptor.
  void wait_in_poll() {
    pollfd queue{.fd = loop().poll_fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&queue, 1, 20000), 1) << "the host was not woken";
  }
  bool is_readable() {
    pollfd queue{.fd = loop().poll_fd(), .events = POLLIN, .revents = 0};
    return ::poll(&queue, 1, 0) == 1;
  }
  // Until a turn finds nothing more, as a host does before it goes to its poll set.
  void settle() {
    while (loop().run_once().more || is_readable()) {
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, NestedTest, testing::ValuesIn(nestable_backend_cells()),
                         name_of_backend);

TEST_P(NestedTest, the_descriptor_is_quiet_while_nothing_happens) {
  ASSERT_GE(loop().poll_fd(), 0);
  settle();
  EXPECT_FALSE(is_readable());
}

TEST_P(NestedTest, a_post_while_nested_in_a_hosts_poll_set_makes_it_readable) {
  for (int i = 0; i < 100; ++i) {
    settle();
    bool ran = false;
    EXPECT_TRUE(loop().post([&] { ran = true; }));
    EXPECT_TRUE(is_readable());
    loop().run_once();
    EXPECT_TRUE(ran);
  }
}

TEST_P(NestedTest, a_post_from_another_thread_wakes_a_host_that_sits_in_poll) {
  const int rounds = scaled(1000);
  std::atomic<int> ran{0};
  std::atomic<int> asked{0};
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      while (asked.load() <= i) std::this_thread::yield();
      EXPECT_TRUE(loop().post([&] { ++ran; }));
    }
  });
  for (int i = 0; i < rounds; ++i) {
    loop().run_once();
    ++asked;
    while (ran.load() <= i) {
      wait_in_poll();
      while (loop().run_once().more) {
      }
    }
  }
  other.join();
}

TEST_P(NestedTest, stop_from_another_thread_wakes_a_host_that_sits_in_poll) {
  settle();
  std::thread other([&] { loop().stop(); });
  wait_in_poll();
  other.join();
  EXPECT_TRUE(loop().stopping());
}

TEST_P(NestedTest, bytes_that_come_while_the_host_sits_in_poll_wake_it) {
  TcpListener listener = TcpListener::listen(loop(), loopback_port()).value();
  RawPeer peer = RawPeer::connect(*listener.local_endpoint());
  loop().spawn([&]() -> Task<> {
    auto stream = co_await listener.accept();
    co_await echo(std::move(*stream));
    co_await listener.close();
  });
  const int rounds = scaled(300);
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      peer.send("ping");
      EXPECT_EQ(peer.receive(4), "ping");
    }
    done = true;
    peer.finish_sending();
  });
  while (listener.is_open()) {
    if (loop().run_once().more) continue;
    if (listener.is_open()) wait_in_poll();
  }
  other.join();
  EXPECT_TRUE(done);
}

TEST_P(NestedTest, a_loop_can_be_nested_in_another_loop_of_ours) {
  auto inner = Loop::create(GetParam().options()).value();
  std::promise<void> begun;
  bool ran = false;
  std::thread other([&] {
    begun.get_future().get();
    EXPECT_TRUE(inner->post([&] { ran = true; }));
  });
  run([&]() -> Task<> {
    inner->run_once();
    begun.set_value();
    while (!ran) {
      auto ready = co_await wait_readable(inner->poll_fd());
      EXPECT_TRUE(ready);
      while (inner->run_once().more) {
      }
    }
  });
  other.join();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace rondo
