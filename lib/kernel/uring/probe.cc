// SPDX-License-Identifier: MIT
#include "kernel/uring/probe.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernel/uring/buffer_ring.h"
#include "kernel/uring/ring.h"
#include "kernel/uring/token.h"
#include "rondo/base/fd.h"
#include "rondo/buffer/pool.h"

namespace rondo {
namespace {

constexpr unsigned kEntries = 4;
constexpr unsigned kBuffers = 4;
constexpr std::size_t kBlockBytes = 64;
constexpr std::uint64_t kToken = 0;
constexpr Duration kLongEnough = std::chrono::seconds(1);
constexpr Duration kMoment = std::chrono::microseconds(1);
constexpr int kTries = 10;

absl::Status no_success(const char* what) {
  return absl::UnavailableError(absl::StrCat("io_uring self-test: ", what, " did not complete"));
}

// Submits what is filled in, waits for the completion of one of our requests, and gives it.
absl::StatusOr<Completion> complete_one(Ring& ring, const char* what) {
  Completion completion = {};
  bool found = false;
  for (int i = 0; i < kTries && !found; ++i) {
    const int outcome = ring.try_enter(kLongEnough);
    if (outcome == -ETIME) break;
    if (outcome < 0 && outcome != -EINTR) return uring_error("io_uring_enter", -outcome);
    ring.reap(1, [&](const Completion& seen) {
      if (tag_of(seen.token) == Tag::kTimer) return ring.on_timer(seen);
      found = true;
      completion = seen;
    });
  }
  if (!found) return no_success(what);
  return completion;
}

absl::Status do_nothing(Ring& ring) {
  io_uring_sqe& entry = ring.next_entry();
  ::io_uring_prep_nop(&entry);
  entry.user_data = kToken;
  return complete_one(ring, "a request that does nothing").status();
}

absl::Status time_out(Ring& ring) {
  bool in_time = false;
  for (int i = 0; i < kTries && !in_time; ++i) {
    const int outcome = ring.try_enter(kMoment);
    if (outcome < 0 && outcome != -ETIME && outcome != -EINTR) {
      return uring_error("io_uring_enter with a timeout", -outcome);
    }
    in_time = outcome == -ETIME;
    ring.reap(1, [&](const Completion& seen) {
      in_time = in_time || seen.result == -ETIME;
      ring.on_timer(seen);
    });
  }
  return in_time ? absl::OkStatus() : no_success("a timeout");
}

absl::Status check_receipt(const absl::StatusOr<Completion>& completion, const UringForm& form) {
  if (!completion.ok()) return completion.status();
  if (completion->result < 0) return uring_error("io_uring receive", -completion->result);
  const bool is_lent = (completion->flags & IORING_CQE_F_BUFFER) != 0;
  if (completion->result != 1 || is_lent != form.buffer_ring) {
    return absl::UnimplementedError("io_uring self-test: a receive did not take a lent buffer");
  }
  if (form.buffer_ring && form.multishot && completion->final()) {
    return absl::UnimplementedError("io_uring self-test: a multishot receive does not go on");
  }
  return absl::OkStatus();
}

// The last completion of a receive: nothing writes to the buffers after that.
void end_receive(Ring& ring, int reader) {
  ::shutdown(reader, SHUT_RDWR);
  for (int i = 0; i < kTries; ++i) {
    const auto completion = complete_one(ring, "the end of a receive");
    if (!completion.ok() || completion->final()) return;
  }
}

absl::Status receive(Ring& ring, const UringForm& form, int reader, int writer) {
  std::byte own[kBlockBytes];
  io_uring_sqe& entry = ring.next_entry();
  if (!form.buffer_ring) {
    ::io_uring_prep_recv(&entry, reader, own, sizeof(own), 0);
  } else {
    if (form.multishot) {
      ::io_uring_prep_recv_multishot(&entry, reader, nullptr, 0, 0);
    } else {
      ::io_uring_prep_recv(&entry, reader, nullptr, kBlockBytes, 0);
    }
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = BufferRing::kGroup;
  }
  entry.user_data = kToken;
  // Armed before there is anything, as it will be.
  ring.try_enter(Duration(0));
  const char byte = 'r';
  const bool sent = ::send(writer, &byte, 1, MSG_NOSIGNAL) == 1;
  const absl::Status failed = sent ? absl::OkStatus() : uring_error("send", errno);
  const auto completion = complete_one(ring, "a receive");
  if (!completion.ok() || !completion->final()) end_receive(ring, reader);
  return sent ? check_receipt(completion, form) : failed;
}

absl::Status try_receiving(Ring& ring, const UringForm& form) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return uring_error("socketpair", errno);
  }
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  return receive(ring, form, reader.number(), writer.number());
}

// On an abstract name of the kernel's choice.
absl::Status try_accepting(Ring& ring) {
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  auto* address = reinterpret_cast<sockaddr*>(&name);
  socklen_t size = sizeof(name);
  if (::bind(listener.number(), address, sizeof(name.sun_family)) != 0 ||
      ::listen(listener.number(), 1) != 0 ||
      ::getsockname(listener.number(), address, &size) != 0 ||
      ::connect(client.number(), address, size) != 0) {
    return uring_error("a listener for the self-test", errno);
  }
  io_uring_sqe& entry = ring.next_entry();
  ::io_uring_prep_multishot_accept(&entry, listener.number(), nullptr, nullptr, SOCK_CLOEXEC);
  entry.user_data = kToken;
  const auto completion = complete_one(ring, "a multishot accept");
  if (!completion.ok()) return completion.status();
  if (completion->result < 0) return uring_error("multishot accept", -completion->result);
  const Fd accepted(completion->result);
  if (completion->final()) {
    return absl::UnimplementedError("io_uring self-test: a multishot accept does not go on");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status probe_uring(const UringForm& form) {
  auto ring = Ring::create({.rung = form.rung,
                            .ext_arg = form.ext_arg,
                            .submissions = kEntries,
                            .completions = 2 * kEntries});
  if (!ring.ok()) return ring.status();
  if (form.ext_arg && !(*ring)->has_ext_arg()) {
    return absl::UnimplementedError("io_uring: the kernel lacks the extended enter argument");
  }
  absl::Status outcome = (*ring)->enable();
  if (outcome.ok()) outcome = do_nothing(**ring);
  if (outcome.ok()) outcome = time_out(**ring);
  if (outcome.ok() && form.multishot) outcome = try_accepting(**ring);
  if (!outcome.ok() || !form.buffer_ring) {
    return outcome.ok() ? try_receiving(**ring, form) : outcome;
  }
  const Pool::Owner pool = Pool::create({.block_bytes = kBlockBytes, .max_blocks = kBuffers});
  auto buffers = BufferRing::create(**ring, kBuffers);
  if (!buffers.ok()) return buffers.status();
  (*buffers)->attach(*pool, kBuffers);
  outcome = try_receiving(**ring, form);
  (*buffers)->unregister(**ring);
  ring->reset();  // before the blocks go back
  return outcome;
}

}  // namespace rondo
