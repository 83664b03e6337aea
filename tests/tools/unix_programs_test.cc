// SPDX-License-Identifier: MIT
// rondo-echo and rondo-load over Unix sockets, as a user starts them.
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_peer.h"
#include "support/temporary_folder.h"
#include "support/watchdog.h"
#include "support/wire.h"
#include "tools/program.h"

namespace rondo::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class UnixPrograms : public testing::Test {
 protected:
  std::string path(const char* name) const { return folder_.path(name); }
  std::string address(const char* name) const { return "unix:" + path(name); }

  static RawPeer connect(const std::string& address) {
    return RawPeer::connect(Address::parse(address).value());
  }
  // Where a server says it listens.
  static std::string ready_address(Program& server) {
    const std::string line = server.line();
    const std::string_view begin = "listening on ";
    EXPECT_THAT(line, StartsWith(std::string(begin)));
    if (!line.starts_with(begin)) return {};
    return line.substr(begin.size(), line.find(" backend=") - begin.size());
  }
  static void expect_echo(const std::string& address) {
    RawPeer peer = connect(address);
    peer.send("anybody there?");
    EXPECT_EQ(peer.receive(14), "anybody there?") << address;
  }
  static void expect_refusal(const Program::Ending& ending, int exit_code,
                             const std::string& message) {
    EXPECT_EQ(ending.exit_code, exit_code);
    EXPECT_EQ(ending.output, "");
    EXPECT_THAT(ending.errors, HasSubstr(message));
    EXPECT_THAT(ending.errors, MatchesRegex("[^\n]+\n")) << "one line";
  }

 private:
  Watchdog watchdog_;
  TemporaryFolder folder_;
};

TEST_F(UnixPrograms, the_echo_server_listens_on_paths_abstract_names_and_ports_at_once) {
  for (const char* backend : {"epoll", "poll", "select"}) {
    Program server("rondo-echo",
                   {"--listen=" + address("a"), "--listen=unix:@", "--listen=127.0.0.1:0",
                    "--listen=" + address("b"), std::string("--backend=") + backend});
    EXPECT_EQ(server.line(), "listening on " + address("a") + " backend=" + backend +
                                 " trigger=" + (backend == std::string("epoll") ? "edge" : "none") +
                                 " read=receive topology=single");
    const std::string abstract = ready_address(server);
    EXPECT_THAT(abstract, StartsWith("unix:@"));
    EXPECT_GT(abstract.size(), 6u);
    const std::string port = ready_address(server);
    for (const std::string& each : {address("a"), abstract, port, address("b")}) expect_echo(each);
    server.signal(SIGTERM);
    const auto ending = server.wait();
    EXPECT_EQ(ending.exit_code, 0) << ending.errors;
    EXPECT_FALSE(std::filesystem::exists(path("a")));
    EXPECT_FALSE(std::filesystem::exists(path("b")));
  }
}

TEST_F(UnixPrograms, a_signal_ends_what_is_served_and_removes_the_file) {
  Program server("rondo-echo", {"--listen=" + address("echo")});
  EXPECT_EQ(ready_address(server), address("echo"));
  RawPeer peer = connect(address("echo"));
  peer.send("one");
  EXPECT_EQ(peer.receive(3), "one");
  server.signal(SIGINT);
  EXPECT_TRUE(peer.sees_end());
  EXPECT_EQ(server.wait().exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(path("echo")));
}

TEST_F(UnixPrograms, the_file_of_a_server_that_was_killed_is_replaced) {
  {
    Program killed("rondo-echo", {"--listen=" + address("echo")});
    EXPECT_EQ(ready_address(killed), address("echo"));
    killed.signal(SIGKILL);
    EXPECT_EQ(killed.wait().exit_code, -1);
  }
  // The kernel ends an io_uring, and with it the listener, some time after its process.
  const Address server = Address::parse(address("echo")).value();
  for (bool alive = true; alive;) {
    const Fd probe = wire::socket(AF_UNIX);
    alive = wire::connect(probe.number(), server, wire::Wait::kNo) == 0 || errno != ECONNREFUSED;
  }
  EXPECT_TRUE(std::filesystem::is_socket(path("echo")));
  Program next("rondo-echo", {"--listen=" + address("echo")});
  EXPECT_EQ(ready_address(next), address("echo"));
  expect_echo(address("echo"));
}

TEST_F(UnixPrograms, what_cannot_be_listened_on_is_one_line_and_no_zero) {
  Program alive("rondo-echo", {"--listen=" + address("alive")});
  EXPECT_EQ(ready_address(alive), address("alive"));
  std::ofstream(path("file")) << "precious";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {address("alive"), "a server is listening there"},
      {address("file"), "is no socket; remove it or choose another path"},
      {address("no/folder"), "its folder must exist"},
  };
  for (const auto& [where, message] : cases) {
    // The file of what could be listened on goes with the rest.
    Program server("rondo-echo", {"--listen=" + address("first"), "--listen=" + where});
    expect_refusal(server.wait(), 1, "cannot listen on " + where);
    EXPECT_FALSE(std::filesystem::exists(path("first")));
    Program again("rondo-echo", {"--listen=" + where});
    expect_refusal(again.wait(), 1, message);
  }
  EXPECT_EQ(std::filesystem::file_size(path("file")), 8u);
  expect_echo(address("alive"));
}

TEST_F(UnixPrograms, bad_addresses_are_wrong_usage) {
  const std::string too_long = "unix:/" + std::string(107, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {too_long, "the path has 108 bytes and may have at most 107"},
      {"unix:", "there is no path"},
      {"unix", "bad endpoint"},
  };
  for (const auto& [where, message] : cases) {
    expect_refusal(Program("rondo-echo", {"--listen=" + where}).wait(), 2, message);
    expect_refusal(Program("rondo-load", {"--target=" + where}).wait(), 2, message);
  }
  expect_refusal(Program("rondo-load", {"--target=unix:@"}).wait(), 2, "a server has a name");
}

TEST_F(UnixPrograms, the_load_reaches_a_server_by_path_and_by_abstract_name) {
  Program server("rondo-echo", {"--listen=" + address("echo"), "--listen=unix:@"});
  for (const std::string& target : {ready_address(server), ready_address(server)}) {
    Program load("rondo-load", {"--target=" + target, "--connections=20", "--duration=100ms",
                                "--warmup=10ms", "--patience=30s", "--quiet"});
    const auto ending = load.wait();
    EXPECT_EQ(ending.exit_code, 0) << ending.errors;
    EXPECT_THAT(ending.output, StartsWith("target     " + target + "\n"));
    EXPECT_THAT(ending.output, HasSubstr("errors     0 (0 unanswered)"));
  }
}

TEST_F(UnixPrograms, the_load_says_in_one_line_why_it_cannot_connect) {
  const auto missing = Program("rondo-load", {"--target=" + address("echo")}).wait();
  expect_refusal(missing, 1,
                 "cannot connect to " + address("echo") + ": No such file or directory");
  std::ofstream(path("file")) << "no socket";
  const auto file = Program("rondo-load", {"--target=" + address("file")}).wait();
  expect_refusal(file, 1, "cannot connect to " + address("file") + ": Connection refused");
}

TEST_F(UnixPrograms, the_server_says_which_flags_have_no_effect) {
  Program server("rondo-echo",
                 {"--listen=unix:@", "--workers=2", "--chooser=peer-hash", "--masters=2",
                  "--accept=reuseport", "--backend=poll", "--trigger=level"});
  EXPECT_NE(ready_address(server), "");
  server.signal(SIGTERM);
  const auto ending = server.wait();
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_THAT(ending.errors,
              StartsWith("rondo-echo: --workers=2 has no effect with --topology=single\n"
                         "rondo-echo: --accept=reuseport has no effect with --topology=single\n"
                         "rondo-echo: --masters=2 has no effect with --topology=single\n"
                         "rondo-echo: --chooser=peer-hash has no effect with --topology=single\n"
                         "rondo-echo: --trigger=level has no effect with --backend=poll\n"));
}

TEST_F(UnixPrograms, help_names_every_backend_and_trigger) {
  for (const char* name : {"rondo-echo", "rondo-load"}) {
    const auto help = Program(name, {"--help"}).wait();
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.output, HasSubstr("auto, io_uring, epoll, poll or select"));
    EXPECT_THAT(help.output, HasSubstr("edge, level or oneshot"));
    EXPECT_THAT(help.output, HasSubstr("unix:/path"));
  }
}

}  // namespace
}  // namespace rondo::tools
