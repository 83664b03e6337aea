// SPDX-License-Identifier: MIT
// What a simulated network is like. The world that has one: rondo/sim/world.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "rondo/base/clock.h"
#include "rondo/base/error.h"
#include "rondo/kernel/control.h"

namespace rondo::sim {

// What programs ask of a network.
enum class Call : std::uint8_t {
  kSocket,
  kBind,
  kListen,
  kConnect,
  kAccept,
  kReceive,
  kSend,
  kShutdown,
  kSetOption,
};

std::string_view name_of(Call call) noexcept;

// What goes wrong in a world; nothing, unless this is overridden. Both are asked in the order of
// the run, on its thread, so what they answer may depend on chance as long as that is the world's.
class Faults {
 public:
  virtual ~Faults() = default;

  // Before a call is carried out: an error that it fails with instead, as if the kernel had said
  // so, or none. EAGAIN makes it wait for the next event on the descriptor.
  virtual Error fail(Call, int /*descriptor*/) { return {}; }

  // How long a segment or a step of a handshake travels, which without this is `planned`.
  // Duration::max(): it never arrives. What was sent on a connection arrives in order all the same.
  virtual Duration travel(const SocketName& /*from*/, const SocketName& /*to*/, Duration planned) {
    return planned;
  }
};

// A run is a function of the program and of these.
struct Options {
  std::uint64_t seed = 1;

  // How long each segment and each step of a handshake travels, by chance between these. Between
  // Unix sockets nothing takes time, but the order of independent events is chance there too.
  Duration least_delay = std::chrono::microseconds(10);
  Duration most_delay = std::chrono::microseconds(500);
  // What is sent arrives in pieces of a size between these.
  std::size_t least_segment_bytes = 1;
  std::size_t most_segment_bytes = 16 * 1024;
  // Of calls that send or receive, one in so many moves fewer bytes than it could; 0: none does.
  std::uint64_t short_count_in = 4;
  // Of a socket, in each direction; SO_SNDBUF and SO_RCVBUF change them. What does not fit makes
  // the sender wait.
  std::size_t send_buffer_bytes = 64 * 1024;
  std::size_t receive_buffer_bytes = 64 * 1024;
  // The longest that a post may take to wake a loop that sleeps.
  Duration most_post_delay = std::chrono::microseconds(20);
  // How far the clock goes on with each turn of a loop, so that one that polls it gets on.
  Duration turn_time = std::chrono::microseconds(1);
  // A loop that has its turn resumes 1 to so many coroutines.
  std::size_t most_resumptions = 8;
  // Open sockets at most; then EMFILE.
  std::size_t descriptors = 20000;
  // Of the operations that could be performed where they are awaited, one in so many is; the others
  // complete in a later turn, as on io_uring.
  std::uint64_t at_once = 2;

  Faults* faults = nullptr;  // must outlive the world

  // Is told each event, for people who want to see what happened: "0.000213 s  7 -> 5: 64 bytes".
  std::function<void(std::string_view)> on_event = {};
};

}  // namespace rondo::sim
