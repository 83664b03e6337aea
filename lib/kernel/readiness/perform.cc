// SPDX-License-Identifier: MIT
#include "kernel/readiness/perform.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/probe.h"
#include "rondo/kernel/slot.h"

namespace rondo {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

Performed fail(Op& op, int error) noexcept {
  op.complete(Error::from_errno(error));
  return Performed::kDone;
}

Performed ended(Op& op, ssize_t count, int error) noexcept {
  if (count < 0) return would_block(error) ? Performed::kWouldBlock : fail(op, error);
  op.complete(Errc::end_of_stream);
  return Performed::kDone;
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

}  // namespace

Performed received_nothing(Op& op, Pool& pool, ssize_t count) noexcept {
  const int error = errno;
  pool.give_back(*op.block);
  return count < 0 && error == EINTR ? perform_receive(op, pool) : ended(op, count, error);
}

Performed read_nothing(Op& op, ssize_t count) noexcept {
  return count < 0 && errno == EINTR ? perform_read(op) : ended(op, count, errno);
}

Performed perform_send(Op& op) noexcept {
  return send_now(op) ? Performed::kDone : Performed::kWouldBlock;
}

Performed perform_send_gather(Op& op) noexcept {
  for (;;) {
    std::array<iovec, 64> parts;
    std::size_t wanted;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = remaining_parts(op, parts, wanted);
    if (wanted == 0) {
      op.complete({});
      return Performed::kDone;
    }
    ++op.slot->table.calls;
    RONDO_PROBE(submit, op.slot->fd, static_cast<int>(op.code));
    const ssize_t count = ::sendmsg(op.slot->fd, &message, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      return would_block(errno) ? Performed::kWouldBlock : fail(op, errno);
    }
    const auto sent = static_cast<std::size_t>(count);
    op.done += sent;
    op.slot->table.count_sent(sent);
    // Otherwise what one call could carry has gone, and there may be more parts.
    if (sent < wanted) return Performed::kWouldBlock;
  }
}

Performed perform_accept(Op& op) noexcept {
  // Bounded, so that a listener whose every connection is aborted cannot keep the loop.
  for (int tries = 0; tries < 16; ++tries) {
    ++op.slot->table.calls;
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

Performed perform_connect(Op& op) noexcept {
  if ((op.flags & kOpStarted) == 0) {
    op.flags |= kOpStarted;
    ++op.slot->table.calls;
    RONDO_PROBE(submit, op.slot->fd, static_cast<int>(op.code));
    if (::connect(op.slot->fd, op.address, static_cast<socklen_t>(op.size)) == 0) {
      op.complete({});
      return Performed::kDone;
    }
    // EINTR: the connection goes on being made in the background (man 2 connect).
    if (errno == EINPROGRESS || errno == EINTR) return Performed::kWouldBlock;
    return fail(op, errno);
  }
  ++op.slot->table.calls;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(op.slot->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return fail(op, error);
  // An event without an error may be spurious: only a peer's name proves the connection.
  sockaddr_storage peer;
  ++op.slot->table.calls;
  length = sizeof peer;
  if (::getpeername(op.slot->fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    return errno == ENOTCONN ? Performed::kWouldBlock : fail(op, errno);
  }
  op.complete({});
  return Performed::kDone;
}

Performed perform_shutdown(Op& op) noexcept {
  ++op.slot->table.calls;
  if (::shutdown(op.slot->fd, op.how) != 0) return fail(op, errno);
  op.complete({});
  return Performed::kDone;
}

}  // namespace rondo
