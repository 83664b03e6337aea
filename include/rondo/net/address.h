// SPDX-License-Identifier: MIT
// For programs to which TCP and Unix sockets are the same.
//
//   auto address = Address::parse(text);       // "127.0.0.1:7000", "unix:/run/game.sock"
//   auto listener = listen(loop, *address);    // a SocketListener, of SocketStreams
//   auto stream = co_await connect(*address);  // a SocketStream
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "rondo/base/result.h"
#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"
#include "rondo/net/endpoint.h"
#include "rondo/net/socket_listener.h"
#include "rondo/net/socket_stream.h"
#include "rondo/net/unix_address.h"

namespace rondo {

// An Endpoint or a UnixAddress.
class Address {
 public:
  Address() noexcept = default;                                      // Endpoint(), 0.0.0.0:0
  Address(const Endpoint& endpoint) noexcept : value_(endpoint) {}   // NOLINT: it is one
  Address(const UnixAddress& address) noexcept : value_(address) {}  // NOLINT: it is one

  // "unix:..." as UnixAddress::parse, all else as Endpoint::parse.
  static absl::StatusOr<Address> parse(std::string_view text);

  // A socket's own. Error: EAFNOSUPPORT for one of another family.
  static Result<Address> local_of(int fd) noexcept;

  std::string to_string() const;

  // nullptr if it is the other.
  const Endpoint* endpoint() const noexcept { return std::get_if<Endpoint>(&value_); }
  const UnixAddress* unix_address() const noexcept { return std::get_if<UnixAddress>(&value_); }

  // For the kernel: valid as long as this object is and does not change.
  int family() const noexcept { return data()->sa_family; }
  const sockaddr* data() const noexcept;
  socklen_t size() const noexcept;

  friend bool operator==(const Address&, const Address&) noexcept = default;

 private:
  std::variant<Endpoint, UnixAddress> value_;
};

// As TcpListener::listen or UnixListener::listen.
absl::StatusOr<SocketListener> listen(Loop& loop, const Address& address,
                                      const ListenOptions& options = {});

// As TcpStream::connect or UnixStream::connect.
Task<Result<SocketStream>> connect(Address server);

}  // namespace rondo
