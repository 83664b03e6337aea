// SPDX-License-Identifier: MIT
#include "kernel/uring/restrictions.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "kernel/uring/ring.h"

namespace rondo {
namespace {

// What requests.cc, ring.cc and probe.cc prepare.
constexpr std::array kRequests = {
    IORING_OP_NOP,          IORING_OP_ACCEPT,  IORING_OP_CONNECT,
    IORING_OP_RECV,         IORING_OP_SEND,    IORING_OP_SENDMSG,
    IORING_OP_POLL_ADD,     IORING_OP_TIMEOUT, IORING_OP_TIMEOUT_REMOVE,
    IORING_OP_ASYNC_CANCEL,
};

// What is registered and given back once the ring is in use.
constexpr std::array kRegistrations = {
    IORING_REGISTER_RING_FDS,  IORING_UNREGISTER_RING_FDS,  IORING_REGISTER_EVENTFD,
    IORING_REGISTER_PBUF_RING, IORING_UNREGISTER_PBUF_RING,
};

constexpr unsigned kEntryFlags = IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;

}  // namespace

absl::Status restrict(Ring& ring) noexcept {
  std::array<io_uring_restriction, kRequests.size() + kRegistrations.size() + 1> rules = {};
  std::size_t count = 0;
  for (const auto request : kRequests) {
    rules[count].opcode = IORING_RESTRICTION_SQE_OP;
    rules[count++].sqe_op = static_cast<__u8>(request);
  }
  for (const auto registration : kRegistrations) {
    rules[count].opcode = IORING_RESTRICTION_REGISTER_OP;
    rules[count++].register_op = static_cast<__u8>(registration);
  }
  rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  rules[count++].sqe_flags = kEntryFlags;
  // liburing 2.3 declares a function for it and does not export it.
  const long outcome = ::syscall(__NR_io_uring_register, ring.fd(), IORING_REGISTER_RESTRICTIONS,
                                 rules.data(), rules.size());
  if (outcome < 0) return uring_error("io_uring_register(RESTRICTIONS)", errno);
  return absl::OkStatus();
}

}  // namespace rondo
