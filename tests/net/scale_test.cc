// SPDX-License-Identifier: MIT
// Very many messages, and very many connections.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

class ScaleTest : public BackendTest {
 protected:
  const Endpoint any_port_ = loopback_port();
};
RONDO_ON_MAIN_BACKENDS(ScaleTest);

TEST_P(ScaleTest, a_million_messages_of_one_byte_arrive_in_order) {
  const int messages = scaled(1000000);
  auto send = [&](TcpStream stream) -> Task<> {
    for (int i = 0; i < messages; ++i) {
      const auto byte = static_cast<std::byte>(i * 7);
      auto sent = co_await stream.send_all(std::span(&byte, 1));
      if (!sent) break;
    }
  };
  auto receive = [&](TcpStream stream) -> Task<int> {
    int received = 0;
    while (auto chunk = co_await stream.receive()) {
      for (std::byte byte : chunk->bytes()) {
        if (byte != static_cast<std::byte>(received * 7)) co_return -received;
        ++received;
      }
    }
    co_return received;
  };
  run([&]() -> Task<> {
    auto listener = TcpListener::listen(loop(), any_port_).value();
    auto both =
        co_await when_all(TcpStream::connect(*listener.local_endpoint()), listener.accept());
    auto done = co_await when_all(send(std::move(*std::get<0>(both))),
                                  receive(std::move(*std::get<1>(both))));
    EXPECT_EQ(std::get<1>(done), messages) << "negative: the first byte out of order";
  });
}

// The clients live in a process of their own, because one may not hold both ends of so many. This
// runs there: connects, waits for the word, and makes one round trip on each connection.
[[noreturn]] void be_clients(const Endpoint& server, int count, int control_fd) {
  ::alarm(120);
  for (int fd = 3; fd < 200; ++fd) {
    if (fd != control_fd) ::close(fd);
  }
  std::vector<int> fds;
  for (int i = 0; i < count; ++i) {
    const int fd = ::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, server.data(), server.size()) != 0) ::_exit(1);
    fds.push_back(fd);
  }
  char word = 0;
  if (::read(control_fd, &word, 1) != 1) ::_exit(2);
  for (int fd : fds) {
    if (::send(fd, "x", 1, MSG_NOSIGNAL) != 1) ::_exit(3);
  }
  for (int fd : fds) {
    if (::recv(fd, &word, 1, 0) != 1 || word != 'x') ::_exit(4);
  }
  ::_exit(0);
}

// poll looks at all of them in every turn, and select cannot see so many.
int most_connections(BackendKind kind) {
  if (kind == BackendKind::kPoll) return 2000;
  return kind == BackendKind::kSelect ? 900 : 10000;
}

// For some turns, of which each lets poll and select look at every connection.
Duration most_idle_time(BackendKind kind) {
  if (kSanitized) return 100ms;
  return kind == BackendKind::kPoll || kind == BackendKind::kSelect ? 20ms : 2ms;
}

TEST_P(ScaleTest, idle_connections_cost_little_memory_and_no_processor_time) {
  const int count = scaled(most_connections(GetParam().kind), 20);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_GE(limit.rlim_max, static_cast<rlim_t>(count) + 300) << "raise the limit (ulimit -Hn)";

  TcpListener listener = TcpListener::listen(loop(), any_port_).value();
  const Endpoint address = listener.local_endpoint().value();
  auto control = control::open_socket_pair(BlockingMode::kBlocking).value();
  const pid_t clients = ::fork();
  ASSERT_GE(clients, 0);
  if (clients == 0) be_clients(address, count, control.second.number());

  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    std::size_t before = 0;
    const int warm_up = count / 10;
    for (int i = 0; i < count; ++i) {
      if (i == warm_up) {
        co_await turns(2);
        before = resident_bytes();
      }
      auto stream = co_await listener.accept();
      EXPECT_TRUE(stream) << stream.error().message();
      if (!stream) break;
      here.spawn(echo, std::move(*stream));
    }
    co_await turns(5);
    const std::size_t each =
        (resident_bytes() - before) / static_cast<std::size_t>(count - warm_up);
    RecordProperty("bytes_per_connection", static_cast<int>(each));
    EXPECT_LE(each, kSanitized ? 65536u : 1024u);

    const Duration used = processor_time();
    const std::uint64_t turns_before = here.counters().turns;
    auto slept = co_await sleep(200ms);
    EXPECT_TRUE(slept);
    EXPECT_LE(here.counters().turns - turns_before, kTurnsOfASleeper);
    EXPECT_LE(processor_time() - used, most_idle_time(GetParam().kind));

    EXPECT_EQ(::write(control.first.number(), "g", 1), 1);
    co_await listener.close();
  });
  int status = 0;
  EXPECT_EQ(::waitpid(clients, &status, 0), clients);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the clients failed: " << status;
}

TEST_P(ScaleTest, connections_that_come_and_go_leave_nothing_behind) {
  const int rounds = scaled(3000);
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    auto listener = TcpListener::listen(here, any_port_).value();
    const Endpoint address = listener.local_endpoint().value();
    std::size_t slots = 0;
    for (int i = 0; i < rounds; ++i) {
      auto both = co_await when_all(TcpStream::connect(address), listener.accept());
      EXPECT_TRUE(std::get<0>(both)) << std::get<0>(both).error().message();
      if (!std::get<0>(both)) break;
      TcpStream client = std::move(*std::get<0>(both));
      TcpStream server = std::move(*std::get<1>(both));
      // The client resets, so that no port is kept waiting.
      auto quick = client.set(Linger{std::chrono::seconds(0)});
      EXPECT_TRUE(quick);
      auto sent = co_await client.send_all("hello");
      EXPECT_TRUE(sent);
      auto chunk = co_await server.receive();
      EXPECT_EQ(chunk->text(), "hello");
      if (i == 100) slots = here.slots().in_use();
    }
    co_await turns(5);
    EXPECT_LE(here.slots().in_use(), slots);
  });
}

}  // namespace
}  // namespace rondo
