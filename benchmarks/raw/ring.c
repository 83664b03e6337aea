// SPDX-License-Identifier: MIT
#include "ring.h"

#include <errno.h>
#include <sys/socket.h>

#include "start.h"

enum { kSubmissionEntries = 2048, kCompletionEntries = 16384 };

void open_ring(struct io_uring* ring) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
               IORING_SETUP_CQSIZE,
      .cq_entries = kCompletionEntries,
  };
  int outcome = io_uring_queue_init_params(kSubmissionEntries, ring, &params);
  if (outcome < 0) die("io_uring_setup", -outcome);
  outcome = io_uring_register_ring_fd(ring);
  if (outcome < 0) die("io_uring_register_ring_fd", -outcome);
}

struct io_uring_sqe* next_entry(struct io_uring* ring) {
  struct io_uring_sqe* entry = io_uring_get_sqe(ring);
  if (entry != NULL) return entry;
  int outcome = io_uring_submit(ring);
  if (outcome < 0) die("io_uring_submit", -outcome);
  return io_uring_get_sqe(ring);
}

void arm_accept(struct io_uring* ring, int listener, __u64 user_data) {
  struct io_uring_sqe* entry = next_entry(ring);
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  io_uring_sqe_set_data64(entry, user_data);
}

void enter_ring(struct io_uring* ring) {
  int outcome = io_uring_submit_and_wait(ring, 1);
  if (outcome < 0 && outcome != -EINTR) die("io_uring_enter", -outcome);
}
