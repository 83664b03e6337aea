// SPDX-License-Identifier: MIT
// A simulated socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "kernel/sim/pipe.h"
#include "rondo/base/error.h"
#include "rondo/kernel/control.h"
#include "rondo/kernel/slot.h"

namespace rondo {

// Who wants to hear that something about a descriptor has changed.
class SimWatcher {
 public:
  virtual void on_change(Slot& slot) noexcept = 0;

 protected:
  ~SimWatcher() = default;
};

//   kFresh --listen--> kListening
//     |
//     +--connect--> kConnecting --answer--> kConnected
//                        |
//                        +--refusal--> kFresh, with an error
struct SimSocket {
  enum class Phase { kFresh, kListening, kConnecting, kConnected };

  SimSocket(int family_, std::size_t send_buffer_, std::size_t receive_buffer_) noexcept
      : family(family_), send_buffer(send_buffer_), receive_buffer(receive_buffer_) {}

  int number = -1;  // its descriptor; a connection that waits to be accepted has none
  const int family;
  Phase phase = Phase::kFresh;
  SocketName local{};
  SocketName remote{};
  bool bound = false;
  Error error;                // of a connection that failed; told once
  bool connect_told = false;  // the outcome of connecting has been read

  // Connected: what the other end sends, and what goes there.
  std::shared_ptr<SimPipe> inbound;
  std::shared_ptr<SimPipe> outbound;
  std::weak_ptr<SimSocket> peer;
  bool sending_ended = false;    // by our shutdown
  bool receiving_ended = false;  // likewise
  bool reset_told = false;       // ECONNRESET comes once, then it is the end (as in Linux)

  // Listening.
  std::deque<std::shared_ptr<SimSocket>> waiting;  // to be accepted
  std::size_t most_waiting = 0;

  std::size_t send_buffer;
  std::size_t receive_buffer;
  std::map<std::pair<int, int>, std::vector<std::byte>> options;  // that are only kept

  struct Watch {
    SimWatcher* watcher;
    Slot* slot;
    std::uint32_t generation;  // of the slot: it may belong to another descriptor by now
  };
  std::vector<Watch> watches;

  bool is_tcp() const noexcept { return family != AF_UNIX; }
  void tell_watchers() noexcept {
    for (const Watch& watch : watches) {
      if (watch.slot->generation == watch.generation) watch.watcher->on_change(*watch.slot);
    }
  }
};

}  // namespace rondo
