// SPDX-License-Identifier: MIT
#include "rondo/kernel/control.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>

#include "kernel/sim/network.h"
#include "rondo/base/simulated.h"

namespace rondo::control {
namespace {

// The call's result; it is made again for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) noexcept {
  for (;;) {
    auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

Error last_error() noexcept { return Error::from_errno(errno); }

Result<void> outcome(int result) noexcept {
  if (result == -1) return last_error();
  return {};
}

int type_flags(BlockingMode mode) noexcept {
  return SOCK_STREAM | SOCK_CLOEXEC | (mode == BlockingMode::kNonBlocking ? SOCK_NONBLOCK : 0);
}

// What a simulated descriptor's network says to a call, or EBADF when it is gone.
template <class Call, class... Arguments>
auto simulated(Call call, int fd, Arguments... arguments) noexcept
    -> std::invoke_result_t<Call, SimNetwork&, int, Arguments...> {
  SimNetwork* network = SimNetwork::of(fd);
  if (network == nullptr) return Error::from_errno(EBADF);
  return std::invoke(call, *network, fd, arguments...);
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

Result<SocketName> read_name(int fd, NameCall call) noexcept {
  SocketName name{};
  const int result = uninterrupted([&]() noexcept {
    name.size = sizeof(name.storage);
    return call(fd, reinterpret_cast<sockaddr*>(&name.storage), &name.size);
  });
  if (result == -1) return last_error();
  return name;
}

}  // namespace

Result<Fd> open_stream_socket(int family, BlockingMode mode) noexcept {
  const int fd = uninterrupted([&]() noexcept { return ::socket(family, type_flags(mode), 0); });
  if (fd == -1) return last_error();
  return Fd(fd);
}

Result<SocketPair> open_socket_pair(BlockingMode mode) noexcept {
  int fds[2];
  const int result =
      uninterrupted([&]() noexcept { return ::socketpair(AF_UNIX, type_flags(mode), 0, fds); });
  if (result == -1) return last_error();
  return SocketPair{Fd(fds[0]), Fd(fds[1])};
}

Result<void> bind(int fd, const sockaddr* name, socklen_t size) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::bind, fd, name, size);
  return outcome(uninterrupted([&]() noexcept { return ::bind(fd, name, size); }));
}

Result<void> listen(int fd, int backlog) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::listen, fd, backlog);
  return outcome(uninterrupted([&]() noexcept { return ::listen(fd, backlog); }));
}

// Not made again after EINTR: the connection goes on being made (man 2 connect).
Result<void> connect(int fd, const sockaddr* name, socklen_t size) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::connect, fd, name, size);
  return outcome(::connect(fd, name, size));
}

Result<SocketName> local_name(int fd) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::local_name, fd);
  return read_name(fd, ::getsockname);
}

Result<SocketName> peer_name(int fd) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::peer_name, fd);
  return read_name(fd, ::getpeername);
}

Result<void> shutdown(int fd, int how) noexcept {
  if (is_simulated(fd)) return simulated(&SimNetwork::shutdown, fd, how);
  return outcome(uninterrupted([&]() noexcept { return ::shutdown(fd, how); }));
}

Result<BlockingMode> blocking_mode(int fd) noexcept {
  if (is_simulated(fd)) return BlockingMode::kNonBlocking;
  const int flags = uninterrupted([&]() noexcept { return ::fcntl(fd, F_GETFL); });
  if (flags == -1) return last_error();
  return (flags & O_NONBLOCK) != 0 ? BlockingMode::kNonBlocking : BlockingMode::kBlocking;
}

Result<void> set_blocking_mode(int fd, BlockingMode mode) noexcept {
  if (is_simulated(fd)) return {};  // no call on one ever waits
  const int flags = uninterrupted([&]() noexcept { return ::fcntl(fd, F_GETFL); });
  if (flags == -1) return last_error();
  const int wanted = mode == BlockingMode::kNonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted == flags) return {};
  return outcome(uninterrupted([&]() noexcept { return ::fcntl(fd, F_SETFL, wanted); }));
}

Result<void> set_raw_option(int fd, int level, int name, const void* value,
                            socklen_t size) noexcept {
  if (is_simulated(fd)) {
    const std::span bytes(static_cast<const std::byte*>(value), size);
    return simulated(&SimNetwork::set_option, fd, level, name, bytes);
  }
  return outcome(
      uninterrupted([&]() noexcept { return ::setsockopt(fd, level, name, value, size); }));
}

Result<socklen_t> get_raw_option(int fd, int level, int name, void* value,
                                 socklen_t size) noexcept {
  if (is_simulated(fd)) {
    const std::span bytes(static_cast<std::byte*>(value), size);
    return simulated(&SimNetwork::get_option, fd, level, name, bytes);
  }
  socklen_t written = size;
  const int result = uninterrupted([&]() noexcept {
    written = size;
    return ::getsockopt(fd, level, name, value, &written);
  });
  if (result == -1) return last_error();
  return written;
}

}  // namespace rondo::control
