// SPDX-License-Identifier: MIT
#include "rondo/runtime/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/base/thread.h"
#include "runtime/server.h"
#include "support/temporary_folder.h"

namespace rondo {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::multiset<std::string> thread_names() {
  std::multiset<std::string> names;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "comm");
    std::string name;
    std::getline(file, name);
    names.insert(name);
  }
  return names;
}

class RuntimeTest : public RuntimeSuite {};
INSTANTIATE_TEST_SUITE_P(, RuntimeTest, testing::ValuesIn(runtime_cells()), name_of_runtime_cell);

TEST_P(RuntimeTest, the_same_coroutine_serves_in_every_topology) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 40; ++i) peers.push_back(RawPeer::connect(service.address));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < peers.size(); ++i) {
      expect_echo(peers[i], "peer " + std::to_string(i) + " round " + std::to_string(round));
    }
  }
  EXPECT_EQ(server.runtime().counters().accepted, 40u);
  EXPECT_EQ(server.runtime().counters().connections, 40u);
  const DrainReport report = server.finish();
  EXPECT_EQ(report.flushed, 40u);
  EXPECT_EQ(report.forced, 0u);
  for (RawPeer& peer : peers) EXPECT_TRUE(peer.sees_end());
}

TEST_P(RuntimeTest, connections_are_served_on_the_serving_loops_and_nowhere_else) {
  Server server(GetParam().options());
  std::mutex mutex;
  std::set<Loop*> served_on;
  std::set<const void*> threads;
  const Service service = server.serve([&](SocketStream stream) -> Task<> {
    for (;;) {
      auto chunk = co_await stream.receive();
      {
        Loop& loop = co_await this_loop();
        const std::lock_guard lock(mutex);
        served_on.insert(&loop);
        threads.insert(current_thread());
      }
      if (!chunk) break;
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
    }
  });
  server.run();
  std::vector<RawPeer> peers;
  for (int i = 0; i < 64; ++i) {
    peers.push_back(RawPeer::connect(service.address));
    expect_echo(peers.back(), "hello");
  }
  Runtime& runtime = server.runtime();
  std::set<Loop*> serving;
  for (std::size_t i = 0; i < runtime.loops(); ++i) serving.insert(&runtime.loop(i));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(served_on, serving);
    EXPECT_EQ(threads.size(), serving.size());
  }
  for (std::size_t i = 0; i < runtime.masters(); ++i) {
    EXPECT_FALSE(serving.contains(&runtime.master(i)));
  }
  peers.clear();
  EXPECT_TRUE(comes_true([&] { return runtime.counters().connections == 0; }));
  server.finish();
  // What a master has received would have moved bytes.
  for (std::size_t i = 0; i < runtime.masters(); ++i) {
    EXPECT_EQ(runtime.master(i).slots().bytes_moved, 0u);
  }
}

TEST_P(RuntimeTest, the_threads_have_names) {
  RuntimeOptions options = GetParam().options();
  Server server(std::move(options));
  std::multiset<std::string> expected;
  const TopologyCell& topology = GetParam().topology;
  for (std::size_t i = 0; i < topology.workers; ++i) {
    if (topology.topology == Topology::kMasterSub)
      expected.insert("rondo-sub-" + std::to_string(i));
    if (topology.topology == Topology::kPool) expected.insert("rondo-pool-" + std::to_string(i));
  }
  for (std::size_t i = 0; i < server.runtime().masters(); ++i) {
    expected.insert("rondo-master-" + std::to_string(i));
  }
  EXPECT_TRUE(comes_true([&] {
    std::multiset<std::string> found = thread_names();
    std::erase_if(found, [](const std::string& name) { return !name.starts_with("rondo-"); });
    return found == expected;
  }));
}

TEST_P(RuntimeTest, a_runtime_that_never_ran_gives_everything_back) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  RawPeer waiting = RawPeer::connect(service.address);
  waiting.send("nobody answers, perhaps");
}

TEST_P(RuntimeTest, an_exception_of_a_handler_closes_its_connection_and_is_counted) {
  RuntimeOptions options = GetParam().options();
  std::mutex mutex;
  std::vector<std::string> lines;
  options.incidents.log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  };
  Server server(std::move(options));
  const Service service = server.serve([](SocketStream stream) -> Task<> {
    auto chunk = co_await stream.receive();
    if (chunk && chunk->text() == "bad") throw std::runtime_error("a bad request");
    auto sent = co_await stream.send_all("fine");
    static_cast<void>(sent);
  });
  server.run();
  for (int i = 0; i < 3; ++i) {
    RawPeer bad = RawPeer::connect(service.address);
    bad.send("bad");
    EXPECT_TRUE(bad.sees_end());
    RawPeer good = RawPeer::connect(service.address);
    good.send("good");
    EXPECT_EQ(good.receive(4), "fine");
  }
  EXPECT_TRUE(comes_true(
      [&] { return server.runtime().incidents().count(Incident::kHandlerFailed) == 3; }));
  server.finish();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(lines.size(), 1u) << "one line a second at most";
  EXPECT_THAT(lines, Contains(HasSubstr("a bad request")));
}

TEST_P(RuntimeTest, several_services_and_transports_at_the_same_time) {
  Server server(GetParam().options());
  auto answer = [](std::string text) {
    return [text](SocketStream stream) -> Task<> {
      auto sent = co_await stream.send_all(text);
      static_cast<void>(sent);
    };
  };
  const Service one = server.serve(answer("one"));
  const Service two = server.serve(answer("two"));
  const Service three = server.serve(answer("three"), UnixAddress());
  server.run();
  const Service late = server.serve(answer("late"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(RawPeer::connect(one.address).receive_to_end(), "one");
    EXPECT_EQ(RawPeer::connect(two.address).receive_to_end(), "two");
    EXPECT_EQ(RawPeer::connect(three.address).receive_to_end(), "three");
    EXPECT_EQ(RawPeer::connect(late.address).receive_to_end(), "late");
  }
}

TEST_P(RuntimeTest, a_burst_of_connections_loses_none) {
  Server server(GetParam().options());
  const Service service = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> peers;
  // Both ends are descriptors of this process, and select sees those below 1024.
  const int count = GetParam().backend.kind == BackendKind::kSelect ? 400 : scaled(1000);
  for (int i = 0; i < count; ++i) peers.push_back(RawPeer::connect(service.address));
  for (std::size_t i = 0; i < peers.size(); ++i) peers[i].send(std::to_string(i));
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const std::string expected = std::to_string(i);
    ASSERT_EQ(peers[i].receive(expected.size()), expected);
  }
}

TEST_P(RuntimeTest, a_service_moves_to_another_port_and_its_connections_stay) {
  Server server(GetParam().options());
  const Service before = server.serve(echo_stream);
  server.run();
  std::vector<RawPeer> old;
  for (int i = 0; i < 10; ++i) {
    old.push_back(RawPeer::connect(before.address));
    expect_echo(old.back(), "before");
  }
  auto after = server.runtime().rebind(before, loopback_port());
  ASSERT_TRUE(after.ok()) << after.status().message();
  EXPECT_NE(after->address, before.address);
  for (RawPeer& peer : old) expect_echo(peer, "still there");
  RawPeer fresh = RawPeer::connect(after->address);
  expect_echo(fresh, "after");
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_NE(::connect(fd, before.address.data(), before.address.size()), 0);
  EXPECT_EQ(errno, ECONNREFUSED);
  ::close(fd);
}

TEST_P(RuntimeTest, listeners_are_opened_as_the_options_say) {
  const TemporaryFolder folder;
  RuntimeOptions options = GetParam().options();
  options.listen.mode = 0700;
  options.listen.reuse_port = true;
  Server server(std::move(options));
  const auto path = Address::parse("unix:" + folder.path("served"));
  ASSERT_TRUE(path.ok());
  const Service by_path = server.serve(echo_stream, *path);
  const Service by_port = server.serve(echo_stream);
  // Another process would listen on the same port.
  const Service again = server.serve(echo_stream, by_port.address);
  EXPECT_EQ(again.address.to_string(), by_port.address.to_string());
  EXPECT_EQ(std::filesystem::status(folder.path("served")).permissions(),
            std::filesystem::perms::owner_all);
  server.run();
  for (const Service& service : {by_path, by_port, again}) {
    RawPeer peer = RawPeer::connect(service.address);
    expect_echo(peer, "anybody there?");
  }
}

TEST_P(RuntimeTest, what_is_spawned_after_the_end_runs_when_the_runtime_goes) {
  Server server(GetParam().options());
  server.run();
  server.finish();
  std::atomic<int> ran{0};
  int taken = 0;
  for (std::size_t i = 0; i < server.runtime().loops(); ++i) {
    taken += spawn_on(server.runtime().loop(i), [&ran]() -> Task<> {
      ++ran;
      auto slept = co_await sleep(1h);
      EXPECT_FALSE(slept);
    });
  }
  server.destroy();
  EXPECT_LE(ran, taken);
}

TEST(RuntimeMisuse, options_that_do_not_go_together_are_refused) {
  EXPECT_EQ(Runtime::create({.masters = 0}).status().code(), absl::StatusCode::kInvalidArgument);
  auto runtime = Runtime::create({.topology = Topology::kSingle});
  ASSERT_TRUE(runtime.ok());
  auto refused = (*runtime)->serve("unix:@", [](TcpStream) -> Task<> { co_return; });
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  refused = (*runtime)->serve("127.0.0.1:0", [](UnixStream) -> Task<> { co_return; });
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  refused = (*runtime)->serve("nonsense", echo_stream);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  const auto served = (*runtime)->serve("127.0.0.1:0", echo_stream);
  ASSERT_TRUE(served.ok());
  EXPECT_EQ((*runtime)->rebind(*served, loopback_port()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RuntimeMisuse, a_port_that_is_taken_is_an_error_and_rebind_changes_nothing) {
  const RawListener taken{Address(loopback_port())};
  Server server({.workers = 2});
  EXPECT_EQ(server.runtime().serve(taken.address(), echo_stream).status().code(),
            absl::StatusCode::kAlreadyExists);
  const Service service = server.serve(echo_stream);
  server.run();
  RawPeer peer = RawPeer::connect(service.address);
  expect_echo(peer, "one");
  EXPECT_EQ(server.runtime().rebind(service, taken.address()).status().code(),
            absl::StatusCode::kAlreadyExists);
  expect_echo(peer, "two");
  RawPeer other = RawPeer::connect(service.address);
  expect_echo(other, "three");
}

}  // namespace
}  // namespace rondo
