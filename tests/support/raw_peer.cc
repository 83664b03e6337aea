// SPDX-License-Identifier: MIT
#include "support/raw_peer.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/base/assert.h"
#include "rondo/net/socket_options.h"
#include "support/wire.h"

namespace rondo {
RawPeer::RawPeer(Fd fd) : fd_(std::move(fd)) {}

RawPeer RawPeer::connect(const Address& server, int receive_buffer) {
  RawPeer peer = for_connecting_to(server);
  if (receive_buffer != 0) {
    EXPECT_TRUE(set_option(peer.fd(), ReceiveBuffer{receive_buffer}));
  }
  peer.connect_to(server);
  return peer;
}

RawPeer RawPeer::for_connecting_to(const Address& server) {
  return RawPeer(wire::socket(server.family()));
}

void RawPeer::connect_to(const Address& server) {
  const bool is_tcp = server.endpoint() != nullptr;
  EXPECT_TRUE(!is_tcp || set_option(fd(), NoDelay{true}).ok());
  EXPECT_EQ(wire::connect(fd(), server, wire::Wait::kYes), 0) << std::strerror(errno);
}

void RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = wire::send(fd(), bytes, wire::Wait::kYes);
    if (count <= 0) {
      ADD_FAILURE() << "the peer could not send: " << std::strerror(errno);
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t RawPeer::send_some(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const ssize_t count = wire::send(fd(), bytes, wire::Wait::kNo);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::string RawPeer::receive(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t more = wire::receive(fd(), std::span(bytes).subspan(got), wire::Wait::kYes);
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
  const ssize_t count = wire::receive(fd(), bytes, wire::Wait::kNo);
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

bool RawPeer::sees_end() {
  char byte;
  const ssize_t count = wire::receive(fd(), std::span(&byte, 1), wire::Wait::kYes);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

void RawPeer::finish_sending() { wire::shutdown(fd(), SHUT_WR); }

void RawPeer::reset() {
  EXPECT_TRUE(set_option(fd(), Linger{std::chrono::seconds(0)}));
  close();
}

RawListener::RawListener(const Address& any, int backlog) : fd_(wire::socket(any.family())) {
  require(wire::listen(fd(), any, backlog) == 0, "a test's listen");
}

Address RawListener::address() const { return Address::local_of(fd()).value(); }

RawPeer RawListener::accept() {
  Fd accepted = wire::accept(fd());
  EXPECT_TRUE(accepted.valid()) << std::strerror(errno);
  return RawPeer(std::move(accepted));
}

DeafListener::DeafListener(const Address& any) : listener_(any, 0) {
  const Address server = address();
  wire::Wait wait = wire::Wait::kYes;  // for the first, which finds room
  for (RawPeer& peer : queued_) {
    peer = RawPeer(wire::socket(server.family()));
    wire::connect(peer.fd(), server, std::exchange(wait, wire::Wait::kNo));
  }
}

}  // namespace rondo
