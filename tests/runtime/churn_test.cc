// SPDX-License-Identifier: MIT
// Connections that come and go in every way at the same time, for long.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/server.h"
#include "support/usage.h"

namespace rondo {
namespace {

// A client of its own thread: asks, or says nothing; hangs up in order, half-way or with a reset.
class Visitor {
 public:
  Visitor(const Address& server, unsigned seed) : server_(server), random_(seed) {}

  // False when an answer was wrong; one that is missing is none.
  bool visit() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool right = true;
    bool stays = ::connect(fd, server_.data(), server_.size()) == 0;
    for (unsigned questions = next() % 4; questions > 0 && right && stays; --questions) {
      stays = next() % 8 != 0;  // or leaves without its answer
      right = ask(fd, stays);
    }
    if (right && stays && next() % 4 == 0) {
      ::shutdown(fd, SHUT_WR);
      char byte = 0;
      right = ::recv(fd, &byte, 1, 0) <= 0;
    }
    // Most leave with a reset, or the ports would be used up.
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
    return right;
  }

 private:
  unsigned next() { return (random_ = random_ * 1664525U + 1013904223U) >> 8; }

  bool ask(int fd, bool waits_for_the_answer) {
    const std::string question(1 + next() % 3000, static_cast<char>('a' + next() % 26));
    if (::send(fd, question.data(), question.size(), MSG_NOSIGNAL) < 0) return true;
    if (!waits_for_the_answer) return true;
    std::string answer(question.size(), '\0');
    const ssize_t count = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
    if (count <= 0) return true;
    return answer == question;
  }

  const Address server_;
  unsigned random_;
};

// Visits `server` from `clients` threads until `enough(visits so far)`.
template <class Enough>
void visit_from(int clients, const Address& server, Enough enough) {
  std::atomic<int> visits{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, seed = static_cast<unsigned>(i + 1)] {
      Visitor visitor(server, seed);
      while (!enough(visits.load())) {
        wrong += !visitor.visit();
        ++visits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

class ChurnTest : public RuntimeSuite {
 protected:
  RuntimeOptions four_subs() const {
    RuntimeOptions options = GetParam().options();
    if (options.topology == Topology::kMasterSub) options.workers = 4;
    options.max_per_address = 50;
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(, ChurnTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

TEST_P(ChurnTest, connections_come_and_go_while_some_stay) {
  Server server(four_subs());
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> staying;
  for (int i = 0; i < 20; ++i) staying.push_back(RawPeer::connect(service.address));
  visit_from(3, service.address, [](int visits) { return visits >= scaled(1500, 5); });
  for (RawPeer& peer : staying) expect_echo(peer, "still here");
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 20; }));
  EXPECT_EQ(server.finish().forced, 0u);
}

// Descriptors are looked at by the suite.
TEST_P(ChurnTest, DISABLED_Soak_a_million_connections_leave_memory_as_it_was) {
  Server server(four_subs());
  const Service service = server.serve(echo_stream);
  server.run();
  visit_from(3, service.address, [](int visits) { return visits >= 20000; });
  const std::size_t before = resident_bytes();
  visit_from(3, service.address, [](int visits) { return visits >= 1000000; });
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 0; }));
  EXPECT_LT(resident_bytes(), before + (4U << 20));
}

// For ThreadSanitizer: build/tsan/tests/runtime-test --gtest_also_run_disabled_tests
TEST_P(ChurnTest, DISABLED_Soak_ten_minutes_of_churn_with_ports_that_change) {
  Server server(four_subs());
  const Service service = server.serve(echo_stream);
  server.run();
  const auto end = std::chrono::steady_clock::now() + 10min;
  const auto over = [end](int) { return std::chrono::steady_clock::now() > end; };
  std::thread rebinding([&] {
    const Service other = server.serve(echo_stream);
    while (!over(0)) {
      auto moved = server.runtime().rebind(other, loopback_port());
      EXPECT_TRUE(moved.ok()) << moved.status().message();
      RawPeer peer = RawPeer::connect(moved->address);
      expect_echo(peer, "on the new port");
    }
  });
  visit_from(4, service.address, over);
  rebinding.join();
  EXPECT_TRUE(comes_true([&] { return server.runtime().counters().connections == 0; }));
}

}  // namespace
}  // namespace rondo
