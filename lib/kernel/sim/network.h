// SPDX-License-Identifier: MIT
// A network in memory: sockets, the connections between them, and what is on its way.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernel/sim/names.h"
#include "kernel/sim/simulation.h"
#include "kernel/sim/socket.h"
#include "rondo/base/fd.h"
#include "rondo/base/result.h"
#include "rondo/base/simulated.h"

namespace rondo {

// Its calls are those of the kernel on non-blocking sockets, with the same errors: what would have
// to wait says EAGAIN. Nothing happens by itself: what is under way arrives as an event of the
// agenda, which the simulation lets happen.
//
//   send(): bytes -> segments of random sizes -> each arrives after a random delay, in order
//   connect(): request --delay--> listener's queue, or refusal --delay--> connected
class SimNetwork final : public SimulatedDescriptors {
 public:
  explicit SimNetwork(Simulation& simulation) noexcept
      : simulation_(simulation), most_open_(simulation.options.descriptors) {}
  ~SimNetwork() = default;

  Simulation& simulation() noexcept { return simulation_; }

  // The network that a simulated descriptor belongs to; nullptr when it is gone.
  static SimNetwork* of(int number) noexcept;

  Result<Fd> open_socket(int family);
  void close(int number) noexcept override;
  Result<void> bind(int number, const sockaddr* name, socklen_t size);
  Result<void> listen(int number, int backlog);
  // Begins a connection: EINPROGRESS; between Unix sockets it is made at once.
  Result<void> connect(int number, const sockaddr* name, socklen_t size);
  // How that went: EAGAIN while it is under way.
  Result<void> connected(int number);
  Result<Fd> accept(int number);
  // How many bytes; 0 at the end of the stream.
  Result<std::size_t> receive(int number, std::span<std::byte> into);
  Result<std::size_t> send(int number, std::span<const std::byte> bytes);
  Result<void> shutdown(int number, int how);
  Result<SocketName> local_name(int number) const;
  Result<SocketName> peer_name(int number) const;
  Result<void> set_option(int number, int level, int name, std::span<const std::byte> value);
  Result<socklen_t> get_option(int number, int level, int name, std::span<std::byte> into);

  // kPollIn, kPollOut, kPollHangUp: what would not wait now; 0 also for what is no descriptor.
  short readiness(int number) const noexcept;
  std::size_t open_sockets() const noexcept { return open_; }
  // From now on so many sockets at most can be open: EMFILE.
  void limit_open_sockets(std::size_t most) noexcept { most_open_ = most; }
  bool is_open(int number) const noexcept { return find(number) != nullptr; }

  // `watcher` hears of every change that may let an operation on the descriptor go on.
  void watch(int number, SimWatcher& watcher, Slot& slot);
  // It hears of nothing any more.
  void forget(const SimWatcher& watcher) noexcept;

 private:
  using SocketPointer = std::shared_ptr<SimSocket>;

  SimSocket* find(int number) const noexcept;
  Fd add(SocketPointer socket);
  bool is_full() const noexcept { return open_ >= most_open_; }

  Duration delay(const SocketName& from, const SocketName& to);
  void send_segment(const std::shared_ptr<SimPipe>& pipe, SimSegment segment);
  void arrive(SimPipe& pipe);
  void tell_later(const std::weak_ptr<SimSocket>& socket, Duration wait);
  void hang_up(SimSocket& socket);

  void request(const SocketPointer& client, int attempt);
  void request_arrives(const SocketPointer& client, int attempt);
  void request_again(const SocketPointer& client, int attempt);
  void enqueue(const SocketPointer& client, SimSocket& listener);
  void answer(const SocketPointer& client, Error error);

  Simulation& simulation_;
  SimNames names_;
  std::vector<SocketPointer> sockets_;  // by number
  std::size_t open_ = 0;
  std::size_t most_open_;
};

}  // namespace rondo
