// SPDX-License-Identifier: MIT
#include "rondo/net/address.h"

#include <utility>

#include "rondo/kernel/control.h"
#include "rondo/net/tcp_listener.h"
#include "rondo/net/tcp_stream.h"
#include "rondo/net/unix_listener.h"
#include "rondo/net/unix_stream.h"

namespace rondo {
namespace {

template <class Stream>
Result<SocketStream> any_stream(Result<Stream> stream) noexcept {
  if (!stream) return stream.error();
  return SocketStream(std::move(*stream));
}

template <class Listener>
absl::StatusOr<SocketListener> any_listener(absl::StatusOr<Listener> listener) noexcept {
  if (!listener.ok()) return listener.status();
  return SocketListener(std::move(*listener));
}

}  // namespace

absl::StatusOr<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) return UnixAddress::parse(text);
  return Endpoint::parse(text);
}

Result<Address> Address::local_of(int fd) noexcept {
  auto name = control::local_name(fd);
  if (!name) return name.error();
  if (name->data()->sa_family == AF_UNIX) {
    auto address = UnixAddress::from_native(name->data(), name->size);
    if (!address) return address.error();
    return *address;
  }
  auto endpoint = Endpoint::from_native(name->data(), name->size);
  if (!endpoint) return endpoint.error();
  return *endpoint;
}

std::string Address::to_string() const {
  return std::visit([](const auto& address) { return address.to_string(); }, value_);
}

const sockaddr* Address::data() const noexcept {
  return std::visit([](const auto& address) { return address.data(); }, value_);
}

socklen_t Address::size() const noexcept {
  return std::visit([](const auto& address) { return address.size(); }, value_);
}

absl::StatusOr<SocketListener> listen(Loop& loop, const Address& address,
                                      const ListenOptions& options) {
  if (const UnixAddress* unix_address = address.unix_address()) {
    return any_listener(UnixListener::listen(loop, *unix_address, options));
  }
  return any_listener(TcpListener::listen(loop, *address.endpoint(), options));
}

Task<Result<SocketStream>> connect(Address server) {
  if (const UnixAddress* unix_address = server.unix_address()) {
    auto stream = co_await UnixStream::connect(*unix_address);
    co_return any_stream(std::move(stream));
  }
  auto stream = co_await TcpStream::connect(*server.endpoint());
  co_return any_stream(std::move(stream));
}

}  // namespace rondo
