// SPDX-License-Identifier: MIT
#include "kernel/readiness/perform.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rondo/base/assert.h"
#include "rondo/kernel/slot.h"

namespace rondo {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

Performed fail(Op& op, int error) noexcept {
  op.complete(Error::from_errno(error));
  return Performed::kDone;
}

// Receives into memory; the byte count goes to `received`.
Performed receive(Op& op, std::byte* memory, std::size_t size, std::size_t& received,
                  BackendCounters& counters) noexcept {
  ssize_t count;
  do {
    count = ::recv(op.slot->fd, memory, size, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return would_block(errno) ? Performed::kWouldBlock : fail(op, errno);
  if (count == 0) {
    op.complete(Errc::end_of_stream);
    return Performed::kDone;
  }
  received = static_cast<std::size_t>(count);
  counters.bytes_received += received;
  op.complete({});
  // Fewer bytes than there was room for: the receive queue is empty.
  return received < size ? Performed::kDrained : Performed::kDone;
}

Performed receive_block(Op& op, Pool& pool, BackendCounters& counters) noexcept {
  Block* block = pool.take();
  if (block == nullptr) return Performed::kNoBlock;
  std::size_t received = 0;
  const Performed performed = receive(op, block->data, pool.block_bytes(), received, counters);
  if (received == 0) {
    pool.give_back(*block);
    return performed;
  }
  block->begin = 0;
  block->size = static_cast<std::uint32_t>(received);
  op.block = block;
  return performed;
}

// The parts that have not gone yet, as far as they fit; `bytes` is their size.
std::size_t remaining_parts(const Op& op, std::array<iovec, 64>& parts,
                            std::size_t& bytes) noexcept {
  std::size_t skip = op.done;
  std::size_t count = 0;
  bytes = 0;
  for (std::size_t i = 0; i < op.size && count < parts.size(); ++i) {
    const iovec& part = op.parts[i];
    if (skip >= part.iov_len) {
      skip -= part.iov_len;
      continue;
    }
    parts[count] = {static_cast<std::byte*>(part.iov_base) + skip, part.iov_len - skip};
    bytes += parts[count++].iov_len;
    skip = 0;
  }
  return count;
}

Performed send(Op& op, BackendCounters& counters) noexcept {
  for (;;) {
    std::size_t wanted;
    ssize_t count;
    if (op.code == OpCode::kSend) {
      wanted = op.size - op.done;
      count = ::send(op.slot->fd, op.memory + op.done, wanted, MSG_NOSIGNAL);
    } else {
      std::array<iovec, 64> parts;
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = remaining_parts(op, parts, wanted);
      count = wanted == 0 ? 0 : ::sendmsg(op.slot->fd, &message, MSG_NOSIGNAL);
    }
    if (count < 0) {
      if (errno == EINTR) continue;
      return would_block(errno) ? Performed::kWouldBlock : fail(op, errno);
    }
    const auto sent = static_cast<std::size_t>(count);
    op.done += sent;
    counters.bytes_sent += sent;
    if (sent < wanted && (op.flags & kOpAll) != 0) return Performed::kWouldBlock;
    const bool more_parts = op.code == OpCode::kSendGather && sent == wanted && wanted != 0;
    if ((op.flags & kOpAll) != 0 && more_parts) continue;  // beyond what one call could carry
    op.complete({});
    return sent < wanted ? Performed::kDrained : Performed::kDone;
  }
}

// Errors of the connection that was to be accepted, not of the listener: the next one may be fine
// (man 2 accept, "Error handling").
bool concerns_only_the_peer(int error) noexcept {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

Performed accept(Op& op) noexcept {
  // Bounded, so that a listener whose every connection is aborted cannot keep the loop.
  for (int tries = 0; tries < 16; ++tries) {
    const int fd = ::accept4(op.slot->fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      op.descriptor = fd;
      op.complete({});
      return Performed::kDone;
    }
    if (would_block(errno)) return Performed::kWouldBlock;
    if (!concerns_only_the_peer(errno)) return fail(op, errno);
  }
  return Performed::kWouldBlock;
}

Performed connect(Op& op) noexcept {
  if ((op.flags & kOpStarted) == 0) {
    op.flags |= kOpStarted;
    if (::connect(op.slot->fd, op.address, static_cast<socklen_t>(op.size)) == 0) {
      op.complete({});
      return Performed::kDone;
    }
    // EINTR: the connection goes on being made in the background (man 2 connect).
    if (errno == EINPROGRESS || errno == EINTR) return Performed::kWouldBlock;
    return fail(op, errno);
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(op.slot->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return fail(op, error);
  // An event without an error may be spurious: only a peer's name proves the connection.
  sockaddr_storage peer;
  length = sizeof peer;
  if (::getpeername(op.slot->fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    return errno == ENOTCONN ? Performed::kWouldBlock : fail(op, errno);
  }
  op.complete({});
  return Performed::kDone;
}

}  // namespace

Performed perform(Op& op, Pool& pool, BackendCounters& counters) noexcept {
  switch (op.code) {
    case OpCode::kReceive:
      return receive_block(op, pool, counters);
    case OpCode::kRead:
      return receive(op, op.memory, op.size, op.done, counters);
    case OpCode::kSend:
    case OpCode::kSendGather:
      return send(op, counters);
    case OpCode::kAccept:
      return accept(op);
    case OpCode::kConnect:
      return connect(op);
    case OpCode::kShutdown:
      if (::shutdown(op.slot->fd, op.how) != 0) return fail(op, errno);
      op.complete({});
      return Performed::kDone;
    case OpCode::kPoll:
    case OpCode::kClose:
      break;  // the backends' own
  }
  panic("an operation reached perform() that is not a system call");
}

}  // namespace rondo
