// SPDX-License-Identifier: MIT
// SimNetwork: how bytes, ends and resets travel.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/sim/network.h"

namespace rondo {
namespace {

// A close that is to reset the connection (man 7 socket, SO_LINGER of 0 seconds).
bool lingers_not(const SimSocket& socket) {
  const auto found = socket.options.find({SOL_SOCKET, SO_LINGER});
  if (found == socket.options.end() || found->second.size() < sizeof(linger)) return false;
  linger value;
  std::memcpy(&value, found->second.data(), sizeof value);
  return value.l_onoff != 0 && value.l_linger == 0;
}

}  // namespace

Duration SimNetwork::delay(const SocketName& from, const SocketName& to) {
  const sim::Options& options = simulation_.options;
  Duration planned(0);
  if (to.storage.ss_family != AF_UNIX) {
    planned = Duration(static_cast<std::int64_t>(
        simulation_.random.between(static_cast<std::uint64_t>(options.least_delay.count()),
                                   static_cast<std::uint64_t>(options.most_delay.count()))));
  }
  return options.faults == nullptr ? planned : options.faults->travel(from, to, planned);
}

void SimNetwork::send_segment(const std::shared_ptr<SimPipe>& pipe, SimSegment segment) {
  pipe->send(std::move(segment));
  const Duration wait = delay(pipe->writer.name, pipe->reader.name);
  pipe->last_arrival = std::max(pipe->last_arrival, after(simulation_.now(), wait));
  // What comes after something that is lost for good does not arrive either.
  if (pipe->last_arrival == kNever) return;
  simulation_.agenda.add(pipe->last_arrival, [this, pipe] { arrive(*pipe); });
}

void SimNetwork::arrive(SimPipe& pipe) {
  const SimSegment::Kind kind = pipe.arrive();
  const auto reader = pipe.reader.socket.lock();
  if (kind == SimSegment::Kind::kBytes && pipe.reader_has_gone) {
    // There is nobody any more (RFC 9293, section 3.10.7.1).
    const auto writer = pipe.writer.socket.lock();
    if (writer != nullptr) send_segment(writer->inbound, {SimSegment::Kind::kReset});
    return;
  }
  if (reader == nullptr) return;
  simulation_.record(kind == SimSegment::Kind::kBytes ? "has bytes"
                     : kind == SimSegment::Kind::kEnd ? "sees the end"
                                                      : "is reset",
                     reader->number, pipe.arrived());
  reader->tell_watchers();
}

void SimNetwork::tell_later(const std::weak_ptr<SimSocket>& socket, Duration wait) {
  if (wait == Duration::max()) return;
  simulation_.agenda.add(after(simulation_.now(), wait), [socket] {
    if (auto known = socket.lock()) known->tell_watchers();
  });
}

Result<std::size_t> SimNetwork::send(int number, std::span<const std::byte> bytes) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kSend, number)) return fault;
  if (socket->phase != SimSocket::Phase::kConnected) return Error::from_errno(ENOTCONN);
  if (socket->sending_ended) return Error::from_errno(EPIPE);
  if (socket->inbound->was_reset()) {
    return Error::from_errno(std::exchange(socket->reset_told, true) ? EPIPE : ECONNRESET);
  }
  if (!socket->is_tcp() && socket->outbound->reader_has_gone) return Error::from_errno(EPIPE);
  if (bytes.empty()) return std::size_t{0};
  Random& random = simulation_.random;
  std::size_t count = std::min(bytes.size(), socket->outbound->room());
  if (count == 0) return Error::from_errno(EAGAIN);
  count = simulation_.cut_short(count);
  const sim::Options& options = simulation_.options;
  for (std::size_t sent = 0; sent < count;) {
    const auto size = std::min<std::size_t>(
        count - sent, random.between(options.least_segment_bytes, options.most_segment_bytes));
    const auto* begin = reinterpret_cast<const char*>(bytes.data() + sent);
    send_segment(socket->outbound, {SimSegment::Kind::kBytes, std::string(begin, size)});
    sent += size;
  }
  simulation_.record("sends", number, count);
  return count;
}

Result<std::size_t> SimNetwork::receive(int number, std::span<std::byte> into) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kReceive, number)) return fault;
  if (socket->phase != SimSocket::Phase::kConnected) return Error::from_errno(ENOTCONN);
  SimPipe& pipe = *socket->inbound;
  if (pipe.arrived() != 0) {
    const std::size_t most = simulation_.cut_short(std::min(into.size(), pipe.arrived()));
    const std::size_t count = pipe.take(into.data(), most);
    simulation_.record("receives", number, count);
    // The sender learns that there is room.
    tell_later(pipe.writer.socket, delay(pipe.reader.name, pipe.writer.name));
    return count;
  }
  if (pipe.was_reset() && !std::exchange(socket->reset_told, true)) {
    return Error::from_errno(ECONNRESET);
  }
  if (pipe.ended() || pipe.was_reset() || socket->receiving_ended) return std::size_t{0};
  return Error::from_errno(EAGAIN);
}

Result<void> SimNetwork::shutdown(int number, int how) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return Error::from_errno(EBADF);
  if (const Error fault = simulation_.fault(sim::Call::kShutdown, number)) return fault;
  if (socket->phase != SimSocket::Phase::kConnected || socket->inbound->was_reset()) {
    return Error::from_errno(ENOTCONN);
  }
  simulation_.record("shuts down", number, static_cast<std::uint64_t>(how));
  if (how != SHUT_WR) {
    socket->receiving_ended = true;
    if (!socket->is_tcp()) socket->inbound->reader_has_gone = true;
  }
  if (how != SHUT_RD && !std::exchange(socket->sending_ended, true)) {
    send_segment(socket->outbound, {SimSegment::Kind::kEnd});
  }
  socket->tell_watchers();
  return {};
}

// The socket goes: the other end sees an end after everything that was sent, or a reset when
// something was not read or a reset was asked for (RFC 9293, section 3.6; RFC 2525, section 2.17).
void SimNetwork::hang_up(SimSocket& socket) {
  if (socket.inbound == nullptr) return;
  const bool unread = socket.inbound->arrived() != 0;
  socket.inbound->reader_has_gone = true;
  if (unread || lingers_not(socket) || socket.phase == SimSocket::Phase::kConnecting) {
    send_segment(socket.outbound, {SimSegment::Kind::kReset});
  } else if (!socket.sending_ended) {
    send_segment(socket.outbound, {SimSegment::Kind::kEnd});
  }
}

}  // namespace rondo
