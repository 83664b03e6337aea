// SPDX-License-Identifier: MIT
#include "kernel/uring/requests.h"

#include <algorithm>
#include <climits>

#include "base/probe.h"
#include "kernel/uring/buffer_ring.h"
#include "rondo/base/assert.h"
#include "rondo/buffer/pool.h"

namespace rondo {
namespace {

// One request's length is an int for the kernel; what is longer goes on in a next request.
constexpr std::size_t kLongest = std::size_t{1} << 30;

unsigned length_of(std::size_t bytes) noexcept {
  return static_cast<unsigned>(std::min(bytes, kLongest));
}

// MSG_DONTWAIT: a send never waits in the kernel, which would do so on a thread of its own once the
// peer has finished sending (room_watch.h). Without MSG_WAITALL: with both, kernels from 5.10
// to 6.0 may answer a send of which a part has gone with EAGAIN.
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

}  // namespace

std::optional<GatherPosition> position_of(const Op& gather) noexcept {
  std::size_t offset = gather.done;
  for (std::size_t part = 0; part < gather.size; ++part) {
    if (offset < gather.parts[part].iov_len) return GatherPosition{part, offset};
    offset -= gather.parts[part].iov_len;
  }
  return std::nullopt;
}

void Requests::begin(Op& op) noexcept {
  const int fd = op.slot->fd;
  RONDO_PROBE(submit, fd, static_cast<int>(op.code));
  io_uring_sqe& entry = entry_for(*op.slot);
  switch (op.code) {
    case OpCode::kSend:
      ::io_uring_prep_send(&entry, fd, op.memory + op.done, length_of(op.size - op.done),
                           kSendFlags);
      break;
    case OpCode::kSendGather:
      prepare_gather(entry, op);
      break;
    case OpCode::kRead:
      ::io_uring_prep_recv(&entry, fd, op.memory, length_of(op.size), 0);
      break;
    case OpCode::kConnect:
      ::io_uring_prep_connect(&entry, fd, op.address, static_cast<socklen_t>(op.size));
      break;
    case OpCode::kPoll:
      ::io_uring_prep_poll_add(&entry, fd, static_cast<unsigned short>(op.events));
      break;
    case OpCode::kAccept:
    case OpCode::kReceive:
    case OpCode::kShutdown:
    case OpCode::kClose:
      panic("io_uring: this kind of operation is no single request");
  }
  entry.user_data = token_of(op);
}

void Requests::begin_poll_for_room(Op& op) noexcept {
  io_uring_sqe& entry = entry_for(*op.slot);
  ::io_uring_prep_poll_add(&entry, op.slot->fd, kPollOut);
  entry.user_data = token_of(op);
}

// The array of parts is used as it is. Only where a part has gone half way does its rest go alone,
// so that no copy of the array has to be kept.
void Requests::prepare_gather(io_uring_sqe& entry, const Op& op) noexcept {
  const GatherPosition at = position_of(op).value_or(GatherPosition{op.size, 0});
  const iovec* first = op.parts + at.part;
  if (at.offset > 0) {
    ::io_uring_prep_send(&entry, op.slot->fd, static_cast<std::byte*>(first->iov_base) + at.offset,
                         length_of(first->iov_len - at.offset), kSendFlags);
    return;
  }
  msghdr& header = headers_[ring_.number_of(entry)];
  header = {};
  header.msg_iov = const_cast<iovec*>(first);  // only read from
  header.msg_iovlen = std::min<std::size_t>(op.size - at.part, IOV_MAX);
  ::io_uring_prep_sendmsg(&entry, op.slot->fd, &header, kSendFlags);
}

void Requests::arm_receives(Slot& slot) noexcept {
  RONDO_PROBE(submit, slot.fd, static_cast<int>(OpCode::kReceive));
  io_uring_sqe& entry = entry_for(slot);
  if (form_.multishot) [[likely]] {
    ::io_uring_prep_recv_multishot(&entry, slot.fd, nullptr, 0, 0);
  } else {
    ::io_uring_prep_recv(&entry, slot.fd, nullptr, kLongest, 0);  // the block's size is the limit
  }
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = BufferRing::kGroup;
  entry.user_data = token_of(slot, Tag::kReceives);
}

void Requests::arm_receive(Slot& slot, const Block& block) noexcept {
  RONDO_PROBE(submit, slot.fd, static_cast<int>(OpCode::kReceive));
  io_uring_sqe& entry = entry_for(slot);
  ::io_uring_prep_recv(&entry, slot.fd, block.data, block.pool->block_bytes(), 0);
  entry.user_data = token_of(slot, Tag::kReceives);
}

void Requests::arm_accepts(Slot& slot) noexcept {
  RONDO_PROBE(submit, slot.fd, static_cast<int>(OpCode::kAccept));
  io_uring_sqe& entry = entry_for(slot);
  if (form_.multishot) {
    ::io_uring_prep_multishot_accept(&entry, slot.fd, nullptr, nullptr, SOCK_CLOEXEC);
  } else {
    ::io_uring_prep_accept(&entry, slot.fd, nullptr, nullptr, SOCK_CLOEXEC);
  }
  entry.user_data = token_of(slot, Tag::kAccepts);
}

void Requests::cancel_stream(Slot& slot, Tag stream) noexcept {
  io_uring_sqe& entry = entry_for(slot);
  ::io_uring_prep_cancel64(&entry, token_of(slot, stream), 0);
  entry.user_data = token_of(slot, Tag::kStreamCancel);
}

void Requests::cancel(Op& op) noexcept {
  io_uring_sqe& entry = entry_for(*op.slot);
  ::io_uring_prep_cancel64(&entry, token_of(op), 0);
  entry.user_data = token_of(*op.slot, Tag::kOpCancel);
}

void Requests::cancel_wake(int fd) noexcept {
  io_uring_sqe& entry = ring_.next_entry();
  ::io_uring_prep_cancel64(&entry, wake_token_of(fd), 0);
  if (ring_.skips_successes()) entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = token_of(Tag::kIgnored);
}

void Requests::cancel_all() noexcept {
  io_uring_sqe& entry = ring_.next_entry();
  ::io_uring_prep_cancel64(&entry, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  entry.user_data = token_of(Tag::kIgnored);
}

void Requests::arm_wake(int fd) noexcept {
  ++outstanding_;
  io_uring_sqe& entry = ring_.next_entry();
  if (form_.multishot) {
    ::io_uring_prep_poll_multishot(&entry, fd, kPollIn);
  } else {
    ::io_uring_prep_poll_add(&entry, fd, kPollIn);
  }
  entry.user_data = wake_token_of(fd);
}

}  // namespace rondo
