// SPDX-License-Identifier: MIT
#include "rondo/kernel/control.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

namespace rondo {
namespace {

bool close_on_exec(const Fd& fd) { return (::fcntl(fd.number(), F_GETFD) & FD_CLOEXEC) != 0; }

Fd stream_socket(int family = AF_INET, BlockingMode mode = BlockingMode::kBlocking) {
  auto fd = control::open_stream_socket(family, mode);
  EXPECT_TRUE(fd) << fd.error().message();
  return fd ? std::move(*fd) : Fd();
}

sockaddr_in loopback(in_port_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

Result<void> bind_to(const Fd& fd, const sockaddr_in& address) {
  return control::bind(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

in_port_t port_of(const SocketName& name) {
  return ntohs(reinterpret_cast<const sockaddr_in*>(name.data())->sin_port);
}

// Two ends of one TCP connection over loopback.
struct Connection {
  Fd client;
  Fd server;
};

Connection connected_pair() {
  Fd listener = stream_socket();
  EXPECT_TRUE(bind_to(listener, loopback()));
  EXPECT_TRUE(control::listen(listener.number(), 1));
  auto name = control::local_name(listener.number());
  EXPECT_TRUE(name);
  Fd client = stream_socket();
  EXPECT_EQ(::connect(client.number(), name->data(), name->size), 0);
  Fd server(::accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
  return {std::move(client), std::move(server)};
}

TEST(Control, every_socket_is_close_on_exec) {
  for (int family : {AF_INET, AF_INET6, AF_UNIX}) {
    for (BlockingMode mode : {BlockingMode::kBlocking, BlockingMode::kNonBlocking}) {
      EXPECT_TRUE(close_on_exec(stream_socket(family, mode))) << family;
    }
  }
  auto pair = control::open_socket_pair(BlockingMode::kNonBlocking);
  ASSERT_TRUE(pair);
  EXPECT_TRUE(close_on_exec(pair->first));
  EXPECT_TRUE(close_on_exec(pair->second));
}

TEST(Control, a_socket_opens_in_the_mode_that_was_asked_for) {
  for (BlockingMode mode : {BlockingMode::kBlocking, BlockingMode::kNonBlocking}) {
    const Fd fd = stream_socket(AF_INET, mode);
    auto found = control::blocking_mode(fd.number());
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, mode);
    auto pair = control::open_socket_pair(mode);
    ASSERT_TRUE(pair);
    for (const Fd* end : {&pair->first, &pair->second}) {
      auto end_mode = control::blocking_mode(end->number());
      ASSERT_TRUE(end_mode);
      EXPECT_EQ(*end_mode, mode);
    }
  }
}

TEST(Control, the_blocking_mode_changes_and_leaves_other_flags_alone) {
  const Fd fd = stream_socket();
  ASSERT_EQ(::fcntl(fd.number(), F_SETFL, O_APPEND), 0);
  for (BlockingMode mode :
       {BlockingMode::kNonBlocking, BlockingMode::kNonBlocking, BlockingMode::kBlocking}) {
    ASSERT_TRUE(control::set_blocking_mode(fd.number(), mode));
    auto found = control::blocking_mode(fd.number());
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, mode);
    EXPECT_NE(::fcntl(fd.number(), F_GETFL) & O_APPEND, 0);
  }
}

TEST(Control, a_socket_pair_is_connected) {
  auto pair = control::open_socket_pair(BlockingMode::kBlocking);
  ASSERT_TRUE(pair);
  ASSERT_EQ(::write(pair->first.number(), "x", 1), 1);
  char byte = 0;
  ASSERT_EQ(::read(pair->second.number(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(Control, a_bind_to_port_0_has_a_real_port_afterwards) {
  const Fd fd = stream_socket();
  ASSERT_TRUE(bind_to(fd, loopback()));
  auto name = control::local_name(fd.number());
  ASSERT_TRUE(name);
  EXPECT_EQ(name->size, sizeof(sockaddr_in));
  EXPECT_NE(port_of(*name), 0);
}

TEST(Control, both_ends_know_each_others_name) {
  const Connection connection = connected_pair();
  auto local = control::local_name(connection.client.number());
  auto seen = control::peer_name(connection.server.number());
  ASSERT_TRUE(local);
  ASSERT_TRUE(seen);
  EXPECT_EQ(port_of(*local), port_of(*seen));
}

TEST(Control, a_second_bind_to_a_busy_port_is_eaddrinuse) {
  const Fd first = stream_socket();
  ASSERT_TRUE(bind_to(first, loopback()));
  ASSERT_TRUE(control::listen(first.number()));
  auto name = control::local_name(first.number());
  ASSERT_TRUE(name);
  const Fd second = stream_socket();
  EXPECT_EQ(bind_to(second, loopback(port_of(*name))).error(), Error::from_errno(EADDRINUSE));
}

TEST(Control, shutdown_for_sending_is_end_of_stream_for_the_peer) {
  const Connection connection = connected_pair();
  ASSERT_TRUE(control::shutdown(connection.client.number(), SHUT_WR));
  char byte;
  EXPECT_EQ(::read(connection.server.number(), &byte, 1), 0);
  ASSERT_EQ(::write(connection.server.number(), "x", 1), 1);
  EXPECT_EQ(::read(connection.client.number(), &byte, 1), 1);
}

TEST(Control, what_needs_a_connection_is_enotconn_without_one) {
  const Fd fd = stream_socket();
  EXPECT_EQ(control::peer_name(fd.number()).error(), Error::from_errno(ENOTCONN));
  EXPECT_EQ(control::shutdown(fd.number(), SHUT_RDWR).error(), Error::from_errno(ENOTCONN));
}

TEST(Control, an_unknown_family_is_refused) {
  EXPECT_EQ(control::open_stream_socket(AF_MAX, BlockingMode::kBlocking).error(),
            Error::from_errno(EAFNOSUPPORT));
}

TEST(Control, every_call_on_no_descriptor_is_ebadf) {
  const Error bad = Error::from_errno(EBADF);
  const sockaddr_in address = loopback();
  EXPECT_EQ(control::bind(-1, reinterpret_cast<const sockaddr*>(&address), sizeof(address)).error(),
            bad);
  EXPECT_EQ(control::listen(-1).error(), bad);
  EXPECT_EQ(control::local_name(-1).error(), bad);
  EXPECT_EQ(control::peer_name(-1).error(), bad);
  EXPECT_EQ(control::shutdown(-1, SHUT_WR).error(), bad);
  EXPECT_EQ(control::blocking_mode(-1).error(), bad);
  EXPECT_EQ(control::set_blocking_mode(-1, BlockingMode::kBlocking).error(), bad);
  EXPECT_EQ(control::set_option(-1, SOL_SOCKET, SO_KEEPALIVE, 1).error(), bad);
  EXPECT_EQ(control::get_option<int>(-1, SOL_SOCKET, SO_KEEPALIVE).error(), bad);
}

TEST(Control, an_int_option_reads_back) {
  const Fd fd = stream_socket();
  ASSERT_TRUE(control::set_option(fd.number(), IPPROTO_TCP, TCP_NODELAY, 1));
  auto value = control::get_option<int>(fd.number(), IPPROTO_TCP, TCP_NODELAY);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 1);
}

TEST(Control, a_struct_option_reads_back) {
  const Fd fd = stream_socket();
  const linger asked{.l_onoff = 1, .l_linger = 7};
  ASSERT_TRUE(control::set_option(fd.number(), SOL_SOCKET, SO_LINGER, asked));
  auto found = control::get_option<linger>(fd.number(), SOL_SOCKET, SO_LINGER);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->l_onoff, 1);
  EXPECT_EQ(found->l_linger, 7);
}

TEST(Control, an_option_that_the_socket_lacks_is_enoprotoopt) {
  const Fd fd = stream_socket();
  EXPECT_EQ(control::set_option(fd.number(), IPPROTO_TCP, 12345, 1).error(),
            Error::from_errno(ENOPROTOOPT));
}

}  // namespace
}  // namespace rondo
