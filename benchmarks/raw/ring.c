// SPDX-License-Identifier: MIT
#include "ring.h"

#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "feature.h"
#include "start.h"

enum {
  kSubmissionEntries = 2048,
  kCompletionEntries = 16384,
  kBatch = 256,            // completions that end a minimum wait early
  kPollingThreadIdle = 2,  // ms after which the submitting thread sleeps
};

void open_ring(struct io_uring* ring) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
      .cq_entries = kCompletionEntries,
      .sq_thread_idle = kPollingThreadIdle,
  };
  params.flags |= features.sqpoll ? IORING_SETUP_SQPOLL : IORING_SETUP_DEFER_TASKRUN;
  int outcome = io_uring_queue_init_params(kSubmissionEntries, ring, &params);
  if (outcome < 0) die("io_uring_setup", -outcome);
  outcome = io_uring_register_ring_fd(ring);
  if (outcome < 0) die("io_uring_register_ring_fd", -outcome);
}

void open_table(struct io_uring* ring, unsigned sockets) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < sockets) {
    sockets = (unsigned)limit.rlim_cur;
  }
  int outcome = io_uring_register_files_sparse(ring, sockets);
  if (outcome < 0) die("io_uring_register_files_sparse", -outcome);
}

struct io_uring_sqe* next_entry(struct io_uring* ring) {
  struct io_uring_sqe* entry = io_uring_get_sqe(ring);
  if (entry != NULL) return entry;
  int outcome = io_uring_submit(ring);
  if (outcome < 0) die("io_uring_submit", -outcome);
  if (features.sqpoll) io_uring_sqring_wait(ring);
  return io_uring_get_sqe(ring);
}

void arm_accept(struct io_uring* ring, int listener, __u64 user_data) {
  struct io_uring_sqe* entry = next_entry(ring);
  if (features.direct) {
    io_uring_prep_multishot_accept_direct(entry, listener, NULL, NULL, 0);
  } else {
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  }
  io_uring_sqe_set_data64(entry, user_data);
}

// Ends with kBatch completions, or once the minimum wait is over with one, or else with the first.
// liburing 2.3 has no call for it, so the entries are published here.
static int enter_and_wait_for_more(struct io_uring* ring) {
  struct __kernel_timespec limit = {.tv_sec = 1};
  struct io_uring_getevents_arg argument = {.pad = features.min_wait_us,  // later: min_wait_usec
                                            .ts = (uint64_t)(uintptr_t)&limit};
  struct io_uring_sq* queue = &ring->sq;
  __atomic_store_n(queue->ktail, queue->sqe_tail, __ATOMIC_RELEASE);
  queue->sqe_head = queue->sqe_tail;
  unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | IORING_ENTER_REGISTERED_RING;
  int outcome = io_uring_enter2((unsigned)ring->enter_ring_fd, io_uring_sq_ready(ring), kBatch,
                                flags, (sigset_t*)&argument, sizeof argument);
  return outcome == -ETIME ? 0 : outcome;
}

void enter_ring(struct io_uring* ring) {
  int outcome =
      features.min_wait_us > 0 ? enter_and_wait_for_more(ring) : io_uring_submit_and_wait(ring, 1);
  if (outcome < 0 && outcome != -EINTR) die("io_uring_enter", -outcome);
}
