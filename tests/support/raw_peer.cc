// SPDX-License-Identifier: MIT
#include "support/raw_peer.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include <gtest/gtest.h>

#include "rondo/base/assert.h"
#include "rondo/net/socket_options.h"

namespace rondo {
namespace {

void limit_patience(int fd) {
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

Fd open_socket(const Address& address, int flags = 0) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  require(fd.valid(), "a test's socket could not be opened");
  return fd;
}

}  // namespace

RawPeer::RawPeer(Fd fd) : fd_(std::move(fd)) { limit_patience(fd_.number()); }

RawPeer RawPeer::connect(const Address& server, int receive_buffer) {
  RawPeer peer = for_connecting_to(server);
  if (receive_buffer != 0) {
    EXPECT_TRUE(set_option(peer.fd(), ReceiveBuffer{receive_buffer}));
  }
  peer.connect_to(server);
  return peer;
}

RawPeer RawPeer::for_connecting_to(const Address& server) { return RawPeer(open_socket(server)); }

void RawPeer::connect_to(const Address& server) {
  const bool is_tcp = server.endpoint() != nullptr;
  EXPECT_TRUE(!is_tcp || set_option(fd(), NoDelay{true}).ok());
  int result;
  do {
    result = ::connect(fd(), server.data(), server.size());
  } while (result != 0 && errno == EINTR);
  EXPECT_EQ(result, 0) << std::strerror(errno);
}

void RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      ADD_FAILURE() << "the peer could not send: " << std::strerror(errno);
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t RawPeer::send_some(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::string RawPeer::receive(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t more = ::recv(fd(), bytes.data() + got, count - got, 0);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0 && errno == EAGAIN) ADD_FAILURE() << "the peer waited in vain";
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

std::string RawPeer::receive_to_end() {
  std::string all;
  for (;;) {
    const std::string more = receive(65536);
    all += more;
    if (more.size() < 65536) return all;
  }
}

std::string RawPeer::receive_some(std::size_t most) {
  std::string bytes(most, '\0');
  const ssize_t count = ::recv(fd(), bytes.data(), most, MSG_DONTWAIT);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

bool RawPeer::sees_end() {
  char byte;
  const ssize_t count = ::recv(fd(), &byte, 1, 0);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

void RawPeer::finish_sending() { ::shutdown(fd(), SHUT_WR); }

void RawPeer::reset() {
  EXPECT_TRUE(set_option(fd(), Linger{std::chrono::seconds(0)}));
  close();
}

RawListener::RawListener(const Address& any, int backlog) : fd_(open_socket(any)) {
  limit_patience(fd());
  require(::bind(fd(), any.data(), any.size()) == 0, "a test's bind");
  require(::listen(fd(), backlog) == 0, "a test's listen");
}

Address RawListener::address() const { return Address::local_of(fd()).value(); }

RawPeer RawListener::accept() {
  Fd accepted(::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(accepted.valid()) << std::strerror(errno);
  return RawPeer(std::move(accepted));
}

DeafListener::DeafListener(const Address& any) : listener_(any, 0) {
  const Address server = address();
  for (RawPeer& peer : queued_) {
    peer = RawPeer(open_socket(server, SOCK_NONBLOCK));
    ::connect(peer.fd(), server.data(), server.size());
  }
}

}  // namespace rondo
