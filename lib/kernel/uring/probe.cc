// SPDX-License-Identifier: MIT
#include "kernel/uring/probe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernel/uring/buffer_ring.h"
#include "kernel/uring/ring.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/pool.h"

namespace rondo {
namespace {

constexpr RingOptions kSmall = {.submissions = 4, .completions = 8};
constexpr unsigned kBuffers = 4;
constexpr Duration kLongEnough = std::chrono::seconds(1);
constexpr Duration kMoment = std::chrono::microseconds(1);

// Submits what is filled in, waits for one completion, and gives it.
absl::StatusOr<Completion> complete_one(Ring& ring, const char* what) {
  const int outcome = ring.try_enter(kLongEnough);
  if (outcome < 0 && outcome != -EINTR) return uring_error("io_uring_enter", -outcome);
  Completion completion = {};
  const unsigned count = ring.reap(1, [&completion](const Completion& seen) { completion = seen; });
  if (count == 0) {
    return absl::UnavailableError(absl::StrCat("io_uring self-test: ", what, " did not complete"));
  }
  return completion;
}

absl::Status do_nothing(Ring& ring) {
  io_uring_sqe& entry = ring.next_entry();
  ::io_uring_prep_nop(&entry);
  entry.user_data = 0;
  return complete_one(ring, "a request that does nothing").status();
}

absl::Status time_out(Ring& ring) {
  const int outcome = ring.try_enter(kMoment);
  if (outcome == -ETIME) return absl::OkStatus();
  return uring_error("io_uring_enter with a timeout", outcome < 0 ? -outcome : EINVAL);
}

absl::Status receive(Ring& ring, int reader, int writer) {
  io_uring_sqe& entry = ring.next_entry();
  ::io_uring_prep_recv_multishot(&entry, reader, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = BufferRing::kGroup;
  entry.user_data = 0;
  // Armed before there is anything, as it will be.
  ring.enter(Duration(0));
  const char byte = 'r';
  if (::send(writer, &byte, 1, MSG_NOSIGNAL) != 1) return absl::ErrnoToStatus(errno, "send");
  auto completion = complete_one(ring, "a multishot receive");
  if (!completion.ok()) return completion.status();
  if (completion->result < 0) return uring_error("multishot receive", -completion->result);
  if (completion->result != 1 || (completion->flags & IORING_CQE_F_BUFFER) == 0 ||
      completion->final()) {
    return absl::UnimplementedError("io_uring self-test: a multishot receive does not go on");
  }
  return absl::OkStatus();
}

// The end of a multishot receive is its last completion: nothing writes to the buffers after that.
void end_receive(Ring& ring, int reader) {
  ::shutdown(reader, SHUT_RDWR);
  bool ended = false;
  for (int i = 0; i < 100 && !ended; ++i) {
    if (ring.try_enter(std::chrono::milliseconds(10)) == -EINVAL) return;
    ring.reap(kSmall.completions, [&](const Completion& seen) { ended = ended || seen.final(); });
  }
}

absl::Status try_receiving(Ring& ring) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return uring_error("socketpair", errno);
  }
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  absl::Status outcome = receive(ring, reader.number(), writer.number());
  end_receive(ring, reader.number());
  return outcome;
}

}  // namespace

absl::Status probe_uring() {
  auto ring = Ring::create(kSmall);
  if (!ring.ok()) return ring.status();
  absl::Status outcome = (*ring)->enable();
  if (outcome.ok()) outcome = do_nothing(**ring);
  if (outcome.ok()) outcome = time_out(**ring);
  if (!outcome.ok()) return outcome;

  const Pool::Owner pool = Pool::create({.block_bytes = 64, .max_blocks = kBuffers});
  auto buffers = BufferRing::create(**ring, kBuffers);
  if (!buffers.ok()) return buffers.status();
  (*buffers)->attach(*pool, kBuffers);
  outcome = try_receiving(**ring);
  (*buffers)->unregister(**ring);
  ring->reset();  // before the blocks go back
  return outcome;
}

}  // namespace rondo
