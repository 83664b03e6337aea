// SPDX-License-Identifier: MIT
// The table of sockets, their names and options. How they connect is in connecting.cc, how bytes
// travel in travelling.cc.
#include "kernel/sim/network.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rondo {

SimNetwork* SimNetwork::of(int number) noexcept {
  // Nothing else is one.
  return static_cast<SimNetwork*>(SimulatedDescriptors::of(number));
}

SimSocket* SimNetwork::find(int number) const noexcept {
  const auto place = static_cast<std::size_t>(number - first_number());
  return number >= first_number() && place < sockets_.size() ? sockets_[place].get() : nullptr;
}

// The lowest number that is free, as the kernel does it, so that numbers are reused at once.
Fd SimNetwork::add(SocketPointer socket) {
  auto place = std::find(sockets_.begin(), sockets_.end(), nullptr);
  if (place == sockets_.end()) place = sockets_.insert(place, nullptr);
  socket->number = first_number() + static_cast<int>(place - sockets_.begin());
  const int number = socket->number;
  *place = std::move(socket);
  ++open_;
  return Fd(number);
}

Result<Fd> SimNetwork::open_socket(int family) {
  if (const Error fault = simulation_.fault(sim::Call::kSocket, -1)) return fault;
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) {
    return Error::from_errno(EAFNOSUPPORT);
  }
  if (is_full()) return Error::from_errno(EMFILE);
  const sim::Options& options = simulation_.options;
  Fd fd = add(
      std::make_shared<SimSocket>(family, options.send_buffer_bytes, options.receive_buffer_bytes));
  simulation_.record("opened", fd.number());
  return fd;
}

void SimNetwork::close(int number) noexcept {
  SimSocket* socket = find(number);
  if (socket == nullptr) return;
  simulation_.record("closed", number);
  const SocketPointer last = std::move(sockets_[static_cast<std::size_t>(number - first_number())]);
  --open_;
  last->watches.clear();
  names_.release(*last);
  for (const SocketPointer& connection : last->waiting) hang_up(*connection);
  hang_up(*last);
}

Result<void> SimNetwork::bind(int number, const sockaddr* name, socklen_t size) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kBind, number)) return fault;
  if (const Error error = names_.bind(*socket, name, size)) return error;
  simulation_.record("bound", number);
  return {};
}

Result<void> SimNetwork::listen(int number, int backlog) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kListen, number)) return fault;
  if (socket->inbound != nullptr || !socket->bound) return Error::from_errno(EINVAL);
  socket->phase = SimSocket::Phase::kListening;
  // One more than was asked for, as in Linux.
  socket->most_waiting = static_cast<std::size_t>(std::clamp(backlog, 0, SOMAXCONN)) + 1;
  simulation_.record("listens", number, socket->most_waiting);
  return {};
}

Result<SocketName> SimNetwork::local_name(int number) const {
  const SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  SocketName name = socket->local;
  name.storage.ss_family = static_cast<sa_family_t>(socket->family);
  if (name.size == 0) name.size = sizeof(sa_family_t);
  return name;
}

Result<SocketName> SimNetwork::peer_name(int number) const {
  const SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (socket->phase != SimSocket::Phase::kConnected || socket->inbound->was_reset()) {
    return Error::from_errno(ENOTCONN);
  }
  return socket->remote;
}

Result<void> SimNetwork::set_option(int number, int level, int name,
                                    std::span<const std::byte> value) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kSetOption, number)) return fault;
  if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF)) {
    int bytes = 0;
    if (value.size() < sizeof bytes) return Error::from_errno(EINVAL);
    std::memcpy(&bytes, value.data(), sizeof bytes);
    // Doubled, as in Linux, and counts for connections that are made after this.
    const std::size_t size = static_cast<std::size_t>(std::max(bytes, 1024)) * 2;
    (name == SO_SNDBUF ? socket->send_buffer : socket->receive_buffer) = size;
    return {};
  }
  socket->options[{level, name}].assign(value.begin(), value.end());
  return {};
}

Result<socklen_t> SimNetwork::get_option(int number, int level, int name,
                                         std::span<std::byte> into) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  const auto answer = [&](const auto& value) {
    const std::size_t size = std::min(into.size(), sizeof value);
    std::memcpy(into.data(), &value, size);
    return static_cast<socklen_t>(size);
  };
  if (level == SOL_SOCKET) {
    switch (name) {
      case SO_ERROR:
        return answer(std::exchange(socket->error, {}).number());
      case SO_SNDBUF:
        return answer(static_cast<int>(socket->send_buffer));
      case SO_RCVBUF:
        return answer(static_cast<int>(socket->receive_buffer));
      case SO_PEERCRED:
        // There is one process in the world.
        return answer(ucred{.pid = socket->inbound == nullptr ? 0 : 1, .uid = 0, .gid = 0});
      default:
        break;
    }
  }
  const auto kept = socket->options.find({level, name});
  if (kept == socket->options.end()) return answer(0);
  const std::size_t size = std::min(into.size(), kept->second.size());
  std::copy_n(kept->second.begin(), size, into.begin());
  return static_cast<socklen_t>(size);
}

short SimNetwork::readiness(int number) const noexcept {
  const SimSocket* socket = find(number);
  if (socket == nullptr) return 0;
  int ready = socket->error ? kPollIn | kPollOut : 0;
  switch (socket->phase) {
    case SimSocket::Phase::kFresh:
      ready |= kPollOut | kPollHangUp;
      break;
    case SimSocket::Phase::kListening:
      if (!socket->waiting.empty()) ready |= kPollIn;
      break;
    case SimSocket::Phase::kConnecting:
      break;
    case SimSocket::Phase::kConnected: {
      const SimPipe& in = *socket->inbound;
      const bool over = in.ended() || in.was_reset() || socket->receiving_ended;
      if (in.arrived() != 0 || over) ready |= kPollIn;
      if (socket->outbound->room() != 0 || in.was_reset()) ready |= kPollOut;
      if (in.was_reset() || (over && socket->sending_ended)) ready |= kPollHangUp;
    }
  }
  return static_cast<short>(ready);
}

void SimNetwork::watch(int number, SimWatcher& watcher, Slot& slot) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return;
  std::erase_if(socket->watches, [](const SimSocket::Watch& watch) {
    return watch.slot->generation != watch.generation;
  });
  for (const SimSocket::Watch& watch : socket->watches) {
    if (watch.slot == &slot) return;
  }
  socket->watches.push_back({&watcher, &slot, slot.generation});
}

void SimNetwork::forget(const SimWatcher& watcher) noexcept {
  for (const SocketPointer& socket : sockets_) {
    if (socket == nullptr) continue;
    std::erase_if(socket->watches,
                  [&](const SimSocket::Watch& watch) { return watch.watcher == &watcher; });
  }
}

}  // namespace rondo
