// SPDX-License-Identifier: MIT
// Endpoint: where a socket is, as a value.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

#include "rondo/base/result.h"

namespace rondo {

// An IPv4 or IPv6 address and a port. 28 bytes, copied freely, the kernel's own layout inside.
// No name is ever resolved here, and no call waits.
class Endpoint {
 public:
  using Ipv4Bytes = std::array<std::uint8_t, 4>;
  using Ipv6Bytes = std::array<std::uint8_t, 16>;

  // 0.0.0.0:0, every IPv4 address and a port of the kernel's choice.
  Endpoint() noexcept : Endpoint(ipv4(Ipv4Bytes{}, 0)) {}

  // Reads what to_string prints, and the short forms for "every IPv4 address":
  //   127.0.0.1:7000   [::1]:7000   [::]:0   [fe80::1%eth0]:80   [fe80::1%2]:80   *:7000   :7000
  // Error: kInvalidArgument with one line that says what is wrong and what is expected. A host name
  // is such an error.
  static absl::StatusOr<Endpoint> parse(std::string_view text);

  // Bytes in the order in which they are written: ipv4({127, 0, 0, 1}, 7000). Ports and the number
  // form of an address are in the host's byte order: ipv4(0x7f000001, 7000).
  static Endpoint ipv4(Ipv4Bytes address, std::uint16_t port) noexcept;
  static Endpoint ipv4(std::uint32_t address, std::uint16_t port) noexcept;
  // `scope` is the index of the interface for link-local addresses, 0 for all others.
  static Endpoint ipv6(Ipv6Bytes address, std::uint16_t port, std::uint32_t scope = 0) noexcept;

  // What the kernel or another library wrote. The flow label is left out: it is no part of where.
  // Error: EAFNOSUPPORT for another family, EINVAL when `size` is too small for the family.
  static Result<Endpoint> from_native(const sockaddr* address, socklen_t size) noexcept;

  // What parse reads: "127.0.0.1:7000", "[fe80::1%eth0]:80".
  std::string to_string() const;

  int family() const noexcept { return storage_.any.sa_family; }  // AF_INET or AF_INET6
  std::uint16_t port() const noexcept;
  Endpoint with_port(std::uint16_t port) const noexcept;

  // In 127.0.0.0/8, or ::1, or the former mapped into IPv6.
  bool is_loopback() const noexcept;

  // For the kernel: valid as long as this object is and does not change.
  const sockaddr* data() const noexcept { return &storage_.any; }
  socklen_t size() const noexcept {
    return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  }

  // IPv4 before IPv6, then by address, interface and port. An IPv4 address and the same one mapped
  // into IPv6 are two.
  friend std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b) noexcept;
  friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

  // For std::hash and absl::Hash below; the same for equal endpoints, in this process.
  std::size_t hash() const noexcept;
  template <class State>
  friend State AbslHashValue(State state, const Endpoint& endpoint) {
    return State::combine(std::move(state), endpoint.hash());
  }

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };

  explicit Endpoint(const Storage& storage) noexcept : storage_(storage) {}

  Storage storage_;
};

static_assert(sizeof(Endpoint) <= 32);

// The two ends of a socket. Errors: ENOTCONN for a peer that is not (or no longer) there;
// EAFNOSUPPORT for a socket of another family.
Result<Endpoint> local_endpoint(int fd) noexcept;
Result<Endpoint> peer_endpoint(int fd) noexcept;

}  // namespace rondo

template <>
struct std::hash<rondo::Endpoint> {
  std::size_t operator()(const rondo::Endpoint& endpoint) const noexcept { return endpoint.hash(); }
};
