// SPDX-License-Identifier: MIT
// What a restricted ring refuses.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kernel/uring/restrictions.h"
#include "kernel/uring/ring.h"

namespace rondo {
namespace {

std::unique_ptr<Ring> restricted_ring() {
  auto ring = Ring::create({});
  EXPECT_TRUE(ring.ok()) << ring.status();
  EXPECT_TRUE(restrict(**ring).ok());
  EXPECT_TRUE((*ring)->enable().ok());
  return std::move(*ring);
}

int outcome_of_next(Ring& ring) {
  ring.enter(Duration(-1));
  int result = 0;
  ring.reap(1, [&](const Completion& completion) { result = completion.result; });
  return result;
}

TEST(UringRestrictions, files_cannot_be_opened_by_the_ring) {
  const auto ring = restricted_ring();
  ::io_uring_prep_openat(&ring->next_entry(), AT_FDCWD, "/etc/hostname", O_RDONLY, 0);
  EXPECT_EQ(outcome_of_next(*ring), -EACCES);
}

TEST(UringRestrictions, entry_flags_that_are_not_used_are_refused) {
  const auto ring = restricted_ring();
  io_uring_sqe& entry = ring->next_entry();
  ::io_uring_prep_nop(&entry);
  entry.flags |= IOSQE_ASYNC;
  EXPECT_EQ(outcome_of_next(*ring), -EACCES);
}

TEST(UringRestrictions, nothing_else_can_be_registered) {
  const auto ring = restricted_ring();
  const int fd = 0;
  EXPECT_EQ(::syscall(__NR_io_uring_register, ring->fd(), IORING_REGISTER_FILES, &fd, 1), -1);
  EXPECT_EQ(errno, EACCES);
}

TEST(UringRestrictions, what_a_loop_does_is_allowed) {
  const auto ring = restricted_ring();
  ::io_uring_prep_nop(&ring->next_entry());
  EXPECT_EQ(outcome_of_next(*ring), 0);
}

TEST(UringRestrictions, come_too_late_once_the_ring_is_in_use) {
  const auto ring = restricted_ring();
  const absl::Status late = restrict(*ring);
  ASSERT_FALSE(late.ok());
  EXPECT_NE(late.message().find("RESTRICTIONS"), std::string::npos);
}

}  // namespace
}  // namespace rondo
