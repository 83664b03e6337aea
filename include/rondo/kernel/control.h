// SPDX-License-Identifier: MIT
// The control calls: what is done to a socket beside moving bytes. Each is one system call that
// never waits for a peer, retried when a signal interrupts it, with the errno kept.
//
// Always written with the namespace: control::bind(...). Any thread. Names and options in their
// typed forms are one floor up: rondo/net/endpoint.h and rondo/net/socket_options.h.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <type_traits>

#include "rondo/base/fd.h"
#include "rondo/base/result.h"

namespace rondo {

// Whether a call on a descriptor waits in the kernel. io_uring wants kBlocking (a non-blocking
// socket makes it fail with EAGAIN instead of waiting for us), readiness backends kNonBlocking.
enum class BlockingMode : std::uint8_t { kBlocking, kNonBlocking };

// The address of one end of a socket, as the kernel wrote it.
struct SocketName {
  sockaddr_storage storage;
  socklen_t size;  // bytes of `storage` that count

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

namespace control {

// A new stream socket of `family` (AF_INET, AF_INET6, AF_UNIX), close-on-exec. Errors: EMFILE,
// ENFILE, ENOBUFS, ENOMEM when something is used up; EAFNOSUPPORT, EPROTONOSUPPORT, EACCES when the
// machine does not have or allow the family (man 2 socket).
Result<Fd> open_stream_socket(int family, BlockingMode mode) noexcept;

// Two connected stream sockets of AF_UNIX, close-on-exec: what a test or a wake-up needs.
struct SocketPair {
  Fd first;
  Fd second;
};
Result<SocketPair> open_socket_pair(BlockingMode mode) noexcept;

// Gives the socket its own address. Errors: EADDRINUSE, EADDRNOTAVAIL (the address is not this
// machine's), EACCES (a port below ip_unprivileged_port_start), EINVAL (bound already).
Result<void> bind(int fd, const sockaddr* name, socklen_t size) noexcept;

// Starts taking connections; up to `backlog` wait to be accepted, the kernel caps it at somaxconn.
// Errors: EADDRINUSE, EINVAL (connected already), EOPNOTSUPP (man 2 listen).
Result<void> listen(int fd, int backlog = SOMAXCONN) noexcept;

// Begins a connection on a non-blocking socket. Errors: EINPROGRESS (TCP: it is on its way), EAGAIN
// (Unix: the queue of the listener is full, nothing has begun), and what connect(2) says.
Result<void> connect(int fd, const sockaddr* name, socklen_t size) noexcept;

// The socket's own address: after a bind to port 0, with the port that the kernel chose.
Result<SocketName> local_name(int fd) noexcept;

// The address of the other end. Error: ENOTCONN, also when the peer has reset the connection.
Result<SocketName> peer_name(int fd) noexcept;

// Ends one direction or both: `how` is SHUT_RD, SHUT_WR or SHUT_RDWR. Error: ENOTCONN.
Result<void> shutdown(int fd, int how) noexcept;

// Reads and changes O_NONBLOCK, which belongs to the open file: every descriptor made from this one
// with dup or fork changes with it.
Result<BlockingMode> blocking_mode(int fd) noexcept;
Result<void> set_blocking_mode(int fd, BlockingMode mode) noexcept;

// Raw socket options (man 2 setsockopt). Errors: ENOPROTOOPT (this socket has no such option),
// EINVAL (bad value or size), EPERM, ENOMEM. get_raw_option returns how many bytes it wrote.
Result<void> set_raw_option(int fd, int level, int name, const void* value,
                            socklen_t size) noexcept;
Result<socklen_t> get_raw_option(int fd, int level, int name, void* value, socklen_t size) noexcept;

// The same for an int or one of the kernel's structs. Where the kernel knows a shorter struct than
// we do, the rest of what get_option returns is zero.
template <class T>
requires(std::is_trivially_copyable_v<T> &&
         !std::is_pointer_v<T>) Result<void> set_option(int fd, int level, int name, const T& value)
noexcept { return set_raw_option(fd, level, name, &value, sizeof(T)); }
template <class T>
requires(std::is_trivially_copyable_v<T> &&
         !std::is_pointer_v<T>) Result<T> get_option(int fd, int level, int name)
noexcept {
  T value{};
  auto size = get_raw_option(fd, level, name, &value, sizeof(T));
  if (!size) return size.error();
  return value;
}

}  // namespace control
}  // namespace rondo
