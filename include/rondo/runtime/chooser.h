// SPDX-License-Identifier: MIT
// Which of several loops serves a new connection.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "rondo/net/endpoint.h"

namespace rondo {

// What a loop has to do, for those who choose. On a cache line of its own: several threads write.
struct alignas(64) LoopLoad {
  // Connections that were given to it and have not ended, those on their way to it included.
  std::atomic<std::uint32_t> connections{0};
  // Of the last tenth of a second or so, how many thousandths its thread was running. Kept up to
  // date only for a chooser that asks for it.
  std::atomic<std::uint32_t> busy{0};
};

// Called by every loop that accepts, from its own thread, possibly at the same time; it must not
// block. A connection stays on the loop that it was given to, unless its handler moves it.
class Chooser {
 public:
  virtual ~Chooser() = default;

  // A place in `loops`, of which there is at least one. `peer` is nullptr unless needs_peer(), and
  // for connections that have no Endpoint.
  virtual std::size_t choose(std::span<const LoopLoad> loops, const Endpoint* peer) noexcept = 0;

  // Asked once, at the start. A peer's address costs a system call per connection, the measure of
  // how busy a loop is a timer per loop.
  virtual bool needs_peer() const noexcept { return false; }
  virtual bool needs_busy() const noexcept { return false; }
};

// One after the other, whoever accepts: over any number of connections in a row the loops' shares
// differ by one at most. `first` is where it begins, any number.
std::unique_ptr<Chooser> round_robin(std::uint64_t first = 0);

// The one with the fewest connections; among equals they take turns.
std::unique_ptr<Chooser> least_connections();

// The one whose thread ran least lately. As that is known only afterwards, what was given to it
// since counts too: among loops that are about equally busy, the fewest connections.
std::unique_ptr<Chooser> least_busy();

// By the peer's address without its port, so that a client always meets the same loop (as long as
// there are equally many). Peers without one take turns.
std::unique_ptr<Chooser> peer_hash();

// What the function says, modulo the number of loops; called from several threads.
std::unique_ptr<Chooser> choose_by(
    std::function<std::size_t(std::span<const LoopLoad>, const Endpoint* peer)> function);

}  // namespace rondo
