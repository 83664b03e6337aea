// SPDX-License-Identifier: MIT
#include "nagle_cell.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "failure.h"

namespace rondo::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHalf = 32;  // bytes of each write
constexpr int kPerRound = 5;       // requests
// A receiver acknowledges the first segments of a connection at once; only then it begins to wait.
constexpr int kWarmUp = 40;

void require(bool worked, const char* what) {
  if (!worked) throw Failure(absl::StrCat(what, ": ", std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) { require(number >= 0, "a socket"); }
  ~Descriptor() { close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Client and server are one thread: what they wait for is the kernel's timers, not each other.
class Connection {
 public:
  explicit Connection(bool no_delay)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        client_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        server_(connect_and_accept()) {
    const int on = no_delay ? 1 : 0;
    for (const int fd : {client_.number(), server_.number()}) {
      require(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    }
  }

  // Microseconds from the first write of a request to its answer.
  double ask(int writes) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < writes; ++i) send(client_, 2 * kHalf / static_cast<std::size_t>(writes));
    receive(server_, 2 * kHalf);
    send(server_, kHalf);
    receive(client_, kHalf);
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  }

 private:
  int connect_and_accept() {
    sockaddr_in address = {};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    require(bind(listener_.number(), any, size) == 0, "bind");
    require(listen(listener_.number(), 1) == 0, "listen");
    require(getsockname(listener_.number(), any, &size) == 0, "getsockname");
    require(connect(client_.number(), any, size) == 0, "connect");
    return accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC);
  }

  static void send(const Descriptor& socket, std::size_t size) {
    const std::array<char, 2 * kHalf> bytes = {};
    const ssize_t sent = ::send(socket.number(), bytes.data(), size, MSG_NOSIGNAL);
    require(sent == static_cast<ssize_t>(size), "send");
  }

  static void receive(const Descriptor& socket, std::size_t size) {
    std::array<char, 2 * kHalf> bytes;
    const ssize_t received = recv(socket.number(), bytes.data(), size, MSG_WAITALL);
    require(received == static_cast<ssize_t>(size), "recv");
  }

  Descriptor listener_;
  Descriptor client_;
  Descriptor server_;
};

struct Way {
  const char* name;
  bool no_delay;
  int writes;
};

}  // namespace

void run_nagle(const Settings& settings, Progress& progress, Cell& cell) {
  for (const Way& way :
       {Way{"two writes, Nagle", false, 2}, Way{"two writes, TCP_NODELAY", true, 2},
        Way{"one write, Nagle", false, 1}}) {
    progress.at(static_cast<double>(cell.rows.size()) / 3, way.name, cell);
    Connection connection(way.no_delay);
    for (int i = 0; i < kWarmUp; ++i) connection.ask(way.writes);
    std::vector<double> rounds;
    for (int round = 0; round < settings.rounds; ++round) {
      double sum = 0;
      for (int i = 0; i < kPerRound; ++i) sum += connection.ask(way.writes);
      rounds.push_back(sum / kPerRound);
    }
    Row row = {.subject = way.name, .kind = "model"};
    row.set("stalled_us", std::move(rounds));
    cell.rows.push_back(std::move(row));
  }
}

}  // namespace rondo::bench
