// SPDX-License-Identifier: MIT
#include "port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include <absl/strings/str_cat.h>

#include "failure.h"

namespace rondo::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr timespec kTryInterval = {.tv_sec = 0, .tv_nsec = 5'000'000};

sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(int port) {
  const sockaddr_in address = loopback(port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

}  // namespace

int choose_free_port() {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!bound) throw Failure("there is no free port");
  return ntohs(address.sin_port);
}

std::string listening_address(Process& server, milliseconds patience) {
  constexpr std::string_view kPrefix = "listening on ";
  const std::string line = server.read_line(patience);
  if (!line.starts_with(kPrefix)) {
    throw Failure(
        absl::StrCat(server.name(), " printed '", line, "' instead of 'listening on HOST:PORT'"));
  }
  return line.substr(kPrefix.size(), line.find(' ', kPrefix.size()) - kPrefix.size());
}

std::string await_port(Process& server, int port, milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (!accepts(port)) {
    server.require_alive();
    if (steady_clock::now() >= deadline) {
      throw Failure(absl::StrCat(server.name(), " does not accept on port ", port, " within ",
                                 patience.count(), " ms"));
    }
    nanosleep(&kTryInterval, nullptr);
  }
  return absl::StrCat("127.0.0.1:", port);
}

}  // namespace rondo::bench
