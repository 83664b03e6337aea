// SPDX-License-Identifier: MIT
#include "rondo/net/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <absl/status/status.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "rondo/kernel/control.h"

namespace rondo {
namespace {

constexpr std::string_view kExpected =
    "expected ADDRESS:PORT such as 127.0.0.1:7000, [::1]:7000 or *:7000";

// Debian's Abseil has a string_view of its own.
absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

// What was given, on one line and not endless.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 64;
  const bool whole = text.size() <= kShown;
  return absl::StrCat("'", absl::CHexEscape(view(text.substr(0, kShown))), whole ? "'" : "...'");
}

absl::Status refusal(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("bad endpoint ", quoted(text), ": ", view(why), "; ", view(kExpected)));
}

// A decimal number, and nothing else, of at most `max`.
std::optional<std::uint32_t> number(std::string_view digits, std::uint32_t max) {
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end || value > max) return std::nullopt;
  return value;
}

// inet_pton for text that may hold anything, a NUL too.
bool read_address(int family, std::string_view text, void* address) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(terminated) || text.find('\0') != text.npos) return false;
  *std::copy(text.begin(), text.end(), terminated) = '\0';
  return ::inet_pton(family, terminated, address) == 1;
}

// The index of the interface that is called so, or that has this number.
std::optional<std::uint32_t> read_scope(std::string_view text) {
  char name[IF_NAMESIZE];
  if (text.size() < sizeof(name) && text.find('\0') == text.npos) {
    *std::copy(text.begin(), text.end(), name) = '\0';
    if (const unsigned index = ::if_nametoindex(name); index != 0) return index;
  }
  const auto index = number(text, UINT32_MAX);
  return index == 0U ? std::nullopt : index;
}

// "::1" or "fe80::1%eth0", what stands between the brackets.
absl::StatusOr<Endpoint> read_ipv6(std::string_view text, std::string_view host,
                                   std::uint16_t port) {
  const std::size_t percent = host.find('%');
  Endpoint::Ipv6Bytes address;
  if (!read_address(AF_INET6, host.substr(0, percent), address.data())) {
    return refusal(text, absl::StrCat(quoted(host.substr(0, percent)), " is no IPv6 address"));
  }
  if (percent == host.npos) return Endpoint::ipv6(address, port);

  const std::string_view scope = host.substr(percent + 1);
  const auto index = read_scope(scope);
  if (!index) return refusal(text, absl::StrCat("there is no interface ", quoted(scope)));
  return Endpoint::ipv6(address, port, *index);
}

absl::StatusOr<Endpoint> read_ipv4(std::string_view text, std::string_view host,
                                   std::uint16_t port) {
  Endpoint::Ipv4Bytes address{};
  if (host.empty() || host == "*") return Endpoint::ipv4(address, port);
  if (host.find(':') != host.npos)
    return refusal(text, "more than one ':' (an IPv6 address needs brackets)");
  if (!read_address(AF_INET, host, address.data())) {
    return refusal(text, absl::StrCat(quoted(host), " is no IP address (names are not resolved)"));
  }
  return Endpoint::ipv4(address, port);
}

int compare_addresses(const sockaddr_in& a, const sockaddr_in& b) {
  return std::memcmp(&a.sin_addr, &b.sin_addr, sizeof(a.sin_addr));
}
int compare_addresses(const sockaddr_in6& a, const sockaddr_in6& b) {
  return std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr));
}

// Spreads every bit of `value` over the whole word (the finisher of SplitMix64).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

absl::StatusOr<Endpoint> Endpoint::parse(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t bracket = text.rfind(']');
  if (bracketed && bracket == text.npos) return refusal(text, "no ']' after the address");

  const std::size_t colon = bracketed ? bracket + 1 : text.rfind(':');
  if (colon >= text.size()) return refusal(text, "no port");
  if (text[colon] != ':') return refusal(text, "no ':' between ']' and the port");

  const std::string_view digits = text.substr(colon + 1);
  if (digits.empty()) return refusal(text, "no port");
  const auto port = number(digits, UINT16_MAX);
  if (!port) return refusal(text, absl::StrCat(quoted(digits), " is no port from 0 to 65535"));

  const auto port16 = static_cast<std::uint16_t>(*port);
  if (bracketed) return read_ipv6(text, text.substr(1, bracket - 1), port16);
  return read_ipv4(text, text.substr(0, colon), port16);
}

Endpoint Endpoint::ipv4(Ipv4Bytes address, std::uint16_t port) noexcept {
  Storage storage{};
  storage.v4 = {};
  storage.v4.sin_family = AF_INET;
  storage.v4.sin_port = htons(port);
  std::memcpy(&storage.v4.sin_addr, address.data(), address.size());
  return Endpoint(storage);
}

Endpoint Endpoint::ipv4(std::uint32_t address, std::uint16_t port) noexcept {
  const std::uint32_t network = htonl(address);
  Ipv4Bytes bytes;
  std::memcpy(bytes.data(), &network, sizeof(network));
  return ipv4(bytes, port);
}

Endpoint Endpoint::ipv6(Ipv6Bytes address, std::uint16_t port, std::uint32_t scope) noexcept {
  Storage storage{};
  storage.v6 = {};
  storage.v6.sin6_family = AF_INET6;
  storage.v6.sin6_port = htons(port);
  storage.v6.sin6_scope_id = scope;
  std::memcpy(&storage.v6.sin6_addr, address.data(), address.size());
  return Endpoint(storage);
}

Result<Endpoint> Endpoint::from_native(const sockaddr* address, socklen_t size) noexcept {
  // Copied as bytes, because what `address` points at need not be aligned.
  const auto* source = reinterpret_cast<const std::byte*>(address);
  sa_family_t family;
  if (size < sizeof(family)) return Error::from_errno(EINVAL);
  std::memcpy(&family, source, sizeof(family));

  if (family == AF_INET) {
    sockaddr_in v4;
    if (size < sizeof(v4)) return Error::from_errno(EINVAL);
    std::memcpy(&v4, source, sizeof(v4));
    return ipv4(ntohl(v4.sin_addr.s_addr), ntohs(v4.sin_port));
  }
  if (family == AF_INET6) {
    sockaddr_in6 v6;
    if (size < sizeof(v6)) return Error::from_errno(EINVAL);
    std::memcpy(&v6, source, sizeof(v6));
    Ipv6Bytes bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ipv6(bytes, ntohs(v6.sin6_port), v6.sin6_scope_id);
  }
  return Error::from_errno(EAFNOSUPPORT);
}

std::string Endpoint::to_string() const {
  char address[INET6_ADDRSTRLEN];
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &storage_.v4.sin_addr, address, sizeof(address));
    return absl::StrCat(address, ":", port());
  }
  ::inet_ntop(AF_INET6, &storage_.v6.sin6_addr, address, sizeof(address));
  const std::uint32_t scope = storage_.v6.sin6_scope_id;
  if (scope == 0) return absl::StrCat("[", address, "]:", port());

  char interface[IF_NAMESIZE];
  if (::if_indextoname(scope, interface) != nullptr) {
    return absl::StrCat("[", address, "%", interface, "]:", port());
  }
  return absl::StrCat("[", address, "%", scope, "]:", port());
}

std::uint16_t Endpoint::port() const noexcept {
  return ntohs(family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port);
}

Endpoint Endpoint::with_port(std::uint16_t port) const noexcept {
  Endpoint changed = *this;
  if (family() == AF_INET) {
    changed.storage_.v4.sin_port = htons(port);
  } else {
    changed.storage_.v6.sin6_port = htons(port);
  }
  return changed;
}

bool Endpoint::is_loopback() const noexcept {
  constexpr std::uint8_t kLoopbackNetwork = 127;
  if (family() == AF_INET) return ntohl(storage_.v4.sin_addr.s_addr) >> 24 == kLoopbackNetwork;
  const in6_addr& address = storage_.v6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == kLoopbackNetwork;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b) noexcept {
  // AF_INET is the smaller number.
  if (auto order = a.family() <=> b.family(); order != 0) return order;
  const int address = a.family() == AF_INET ? compare_addresses(a.storage_.v4, b.storage_.v4)
                                            : compare_addresses(a.storage_.v6, b.storage_.v6);
  if (address != 0) return address <=> 0;
  if (a.family() == AF_INET6) {
    const auto scope = a.storage_.v6.sin6_scope_id <=> b.storage_.v6.sin6_scope_id;
    if (scope != 0) return scope;
  }
  return a.port() <=> b.port();
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept { return (a <=> b) == 0; }

std::size_t Endpoint::hash() const noexcept {
  const std::uint64_t seed = mix((std::uint64_t{port()} << 16) + static_cast<unsigned>(family()));
  if (family() == AF_INET) return mix(seed + storage_.v4.sin_addr.s_addr);
  std::uint64_t halves[2];
  std::memcpy(halves, &storage_.v6.sin6_addr, sizeof(halves));
  return mix(mix(mix(seed + halves[0]) + halves[1]) + storage_.v6.sin6_scope_id);
}

Result<Endpoint> local_endpoint(int fd) noexcept {
  auto name = control::local_name(fd);
  if (!name) return name.error();
  return Endpoint::from_native(name->data(), name->size);
}

Result<Endpoint> peer_endpoint(int fd) noexcept {
  auto name = control::peer_name(fd);
  if (!name) return name.error();
  return Endpoint::from_native(name->data(), name->size);
}

}  // namespace rondo
