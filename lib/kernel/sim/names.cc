// SPDX-License-Identifier: MIT
#include "kernel/sim/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <utility>

namespace rondo {
namespace {

constexpr std::uint16_t kFirstPort = 49152;  // RFC 6335, section 6: dynamic ports
constexpr std::uint16_t kPorts = 65535 - kFirstPort;

sockaddr_in& ipv4(SocketName& name) noexcept {
  return reinterpret_cast<sockaddr_in&>(name.storage);
}
const sockaddr_in& ipv4(const SocketName& name) noexcept {
  return reinterpret_cast<const sockaddr_in&>(name.storage);
}
sockaddr_in6& ipv6(SocketName& name) noexcept {
  return reinterpret_cast<sockaddr_in6&>(name.storage);
}
const sockaddr_in6& ipv6(const SocketName& name) noexcept {
  return reinterpret_cast<const sockaddr_in6&>(name.storage);
}

int family_of(const SocketName& name) noexcept { return name.storage.ss_family; }

std::uint16_t port_of(const SocketName& name) noexcept {
  return ntohs(family_of(name) == AF_INET ? ipv4(name).sin_port : ipv6(name).sin6_port);
}

void set_port(SocketName& name, std::uint16_t port) noexcept {
  (family_of(name) == AF_INET ? ipv4(name).sin_port : ipv6(name).sin6_port) = htons(port);
}

bool is_wildcard(const SocketName& name) noexcept {
  if (family_of(name) == AF_INET) return ipv4(name).sin_addr.s_addr == INADDR_ANY;
  return family_of(name) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&ipv6(name).sin6_addr);
}

SocketName wildcard_of(const SocketName& name) noexcept {
  SocketName wildcard = name;
  if (family_of(name) == AF_INET) ipv4(wildcard).sin_addr.s_addr = INADDR_ANY;
  if (family_of(name) == AF_INET6) ipv6(wildcard).sin6_addr = in6addr_any;
  return wildcard;
}

// An empty name asks for a free one (man 7 unix, "Autobind feature").
bool asks_for_any(const SocketName& name) noexcept {
  if (family_of(name) == AF_UNIX) return name.size == sizeof(sa_family_t);
  return port_of(name) == 0;
}

}  // namespace

SocketName SimNames::name_from(const sockaddr* name, socklen_t size) noexcept {
  SocketName copy{};
  copy.size = std::min<socklen_t>(size, sizeof copy.storage);
  std::memcpy(&copy.storage, name, copy.size);
  return copy;
}

bool SimNames::is_reachable(const SocketName& name) noexcept {
  if (family_of(name) == AF_UNIX) return true;
  if (is_wildcard(name)) return true;
  if (family_of(name) == AF_INET) {
    const std::uint32_t net = ntohl(ipv4(name).sin_addr.s_addr) >> 24;
    return net == 127 || net == 10;
  }
  const in6_addr& address = ipv6(name).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&address) || address.s6_addr[0] == 0xfd;
}

SimNames::Key SimNames::key_of(const SocketName& name) {
  Key key(1, static_cast<char>(family_of(name)));
  const auto append = [&key](const auto& field) {
    key.append(reinterpret_cast<const char*>(&field), sizeof field);
  };
  if (family_of(name) == AF_INET) {
    append(ipv4(name).sin_addr);
    append(ipv4(name).sin_port);
  } else if (family_of(name) == AF_INET6) {
    append(ipv6(name).sin6_addr);
    append(ipv6(name).sin6_port);
  } else {
    const auto& name_of_file = reinterpret_cast<const sockaddr_un&>(name.storage);
    const std::size_t size = name.size - offsetof(sockaddr_un, sun_path);
    const bool is_path = size > 0 && name_of_file.sun_path[0] != '\0';
    key.append(name_of_file.sun_path, is_path ? ::strnlen(name_of_file.sun_path, size) : size);
  }
  return key;
}

// SO_REUSEPORT on both (man 7 socket).
bool SimNames::may_share(const SimSocket& socket) {
  const auto found = socket.options.find({SOL_SOCKET, SO_REUSEPORT});
  return found != socket.options.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [](std::byte b) { return b != std::byte{0}; });
}

bool SimNames::is_free(const SimSocket& socket, const SocketName& name) const {
  const auto may_join = [&](const std::vector<SimSocket*>& others) {
    return std::all_of(others.begin(), others.end(), [&](const SimSocket* other) {
      return may_share(socket) && may_share(*other);
    });
  };
  const auto same = bound_.find(key_of(name));
  if (same != bound_.end() && !may_join(same->second)) return false;
  if (family_of(name) == AF_UNIX) return true;
  if (!is_wildcard(name)) {
    const auto every = bound_.find(key_of(wildcard_of(name)));
    return every == bound_.end() || may_join(every->second);
  }
  return std::all_of(bound_.begin(), bound_.end(), [&](const auto& entry) {
    const SocketName& taken = entry.second.front()->local;
    return family_of(taken) != family_of(name) || port_of(taken) != port_of(name) ||
           may_join(entry.second);
  });
}

void SimNames::pick_free(const SimSocket& socket, SocketName& name) {
  do {
    if (family_of(name) == AF_UNIX) {
      std::array<char, 8> digits;
      std::snprintf(digits.data(), digits.size(), "%05x", next_unix_name_++ & 0xfffff);
      auto& name_of_file = reinterpret_cast<sockaddr_un&>(name.storage);
      name_of_file.sun_path[0] = '\0';
      std::memcpy(name_of_file.sun_path + 1, digits.data(), 5);
      name.size = offsetof(sockaddr_un, sun_path) + 6;
    } else {
      set_port(name, static_cast<std::uint16_t>(kFirstPort + next_port_++ % kPorts));
    }
  } while (!is_free(socket, name));
}

Error SimNames::bind(SimSocket& socket, const sockaddr* given, socklen_t size) {
  if (socket.bound) return Error::from_errno(EINVAL);
  SocketName name = name_from(given, size);
  if (family_of(name) != socket.family) return Error::from_errno(EAFNOSUPPORT);
  if (!is_reachable(name)) return Error::from_errno(EADDRNOTAVAIL);
  if (asks_for_any(name)) pick_free(socket, name);
  if (!is_free(socket, name)) return Error::from_errno(EADDRINUSE);
  socket.local = name;
  socket.bound = true;
  bound_[key_of(name)].push_back(&socket);
  return {};
}

void SimNames::bind_for(SimSocket& socket, const SocketName& destination) {
  if (socket.bound) return;
  if (socket.family == AF_UNIX) {  // the connecting end has no name
    socket.local.storage.ss_family = AF_UNIX;
    socket.local.size = sizeof(sa_family_t);
    return;
  }
  SocketName name = destination;
  pick_free(socket, name);
  socket.local = name;
  socket.bound = true;
  bound_[key_of(name)].push_back(&socket);
}

void SimNames::release(const SimSocket& socket) {
  if (!socket.bound) return;
  const auto place = bound_.find(key_of(socket.local));
  if (place == bound_.end()) return;
  std::erase(place->second, &socket);
  if (place->second.empty()) bound_.erase(place);
}

SimSocket* SimNames::listener_at(const SocketName& name, Random& random) const {
  std::vector<SimSocket*> listeners;
  for (const SocketName& asked : {name, wildcard_of(name)}) {
    const auto found = bound_.find(key_of(asked));
    if (found == bound_.end()) continue;
    for (SimSocket* socket : found->second) {
      if (socket->phase == SimSocket::Phase::kListening) listeners.push_back(socket);
    }
    if (!listeners.empty()) break;
  }
  if (listeners.empty()) return nullptr;
  return listeners[static_cast<std::size_t>(random.below(listeners.size()))];
}

}  // namespace rondo
