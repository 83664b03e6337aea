// SPDX-License-Identifier: MIT
// Who has which address in a simulated network.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernel/sim/random.h"
#include "kernel/sim/socket.h"
#include "rondo/base/error.h"

namespace rondo {

// The network is one machine that has every address of 127.0.0.0/8, 10.0.0.0/8, ::1 and fd00::/8,
// and any name of a Unix socket. There is no file of such a name.
class SimNames {
 public:
  // Gives the socket an address; of port 0 or an empty Unix name, one that is free. Errors as of
  // bind(2): EINVAL, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT.
  Error bind(SimSocket& socket, const sockaddr* name, socklen_t size);
  // The address that a socket connects from if it has none yet.
  void bind_for(SimSocket& socket, const SocketName& destination);
  // Nobody finds the socket any more.
  void release(const SimSocket& socket);

  // Who listens at an address, by chance one of several that share it; nullptr for nobody.
  SimSocket* listener_at(const SocketName& name, Random& random) const;
  // Whether a Unix name belongs to a socket, listening or not.
  bool is_taken(const SocketName& name) const { return bound_.contains(key_of(name)); }

  static SocketName name_from(const sockaddr* name, socklen_t size) noexcept;
  // Whether a packet could get there.
  static bool is_reachable(const SocketName& name) noexcept;

 private:
  using Key = std::string;

  static Key key_of(const SocketName& name);
  static bool may_share(const SimSocket& socket);
  bool is_free(const SimSocket& socket, const SocketName& name) const;
  void pick_free(const SimSocket& socket, SocketName& name);

  std::map<Key, std::vector<SimSocket*>> bound_;
  std::uint16_t next_port_ = 0;
  std::uint32_t next_unix_name_ = 0;
};

}  // namespace rondo
