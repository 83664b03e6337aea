// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on io_uring with one pool of buffers for all connections. Accept and receive are
// armed once and go on by themselves; a received chunk is sent from the pool buffer it came in and
// goes back to the pool afterwards. At most one send is in flight per socket: two could pass each
// other. Chunks that come meanwhile queue up and leave as one gather send.
//
//   pool ring --> receive --> connection queue --> send in flight --> pool ring
//
// A connection is closed when its receive has ended and nothing is left to send; until then its
// descriptor stays open, so no completion ever meets a reused number. `--feature=` adds a part of
// io_uring that is not in the floor, to measure it beside the floor.

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "feature.h"
#include "pool.h"
#include "ring.h"
#include "start.h"

enum {
  kBuffers = 256,
  kBufferBytes = 16 * 1024,
  kPieceWise = 16,  // incremental: so many messages share a buffer that few are cut at its end
  kNone = -1,
};

enum operation { kAccept, kReceive, kSend, kClose };

// A list of what the pool has lent, linked through `chunks`.
struct chunk_list {
  int first;
  int last;
};

struct chunk {
  unsigned size;
  int next;
};

struct connection {
  struct chunk_list queued;
  struct chunk_list in_flight;
  int sent;     // the result of a send whose bytes the kernel may still read
  bool ended;   // the receive has completed for good
  bool broken;  // a send failed: nothing more will be sent
};

static struct io_uring ring;
static struct pool pool;
static struct chunk chunks[kMostPieces];
static struct connection connections[kMaxDescriptors];

// Connections whose receive found the pool empty, in order of arrival; each at most once.
static int starved[kMaxDescriptors];
static int starved_count;

// The vectors of gather sends. The kernel reads them at submission, so they are free again once
// everything before has been submitted; a buffer is in at most one send between two submissions.
static struct msghdr gather_headers[kMostPieces];
static struct iovec gather_vectors[kMostPieces];
static int gathers;
static int gathered;

static __u64 tag(int fd, enum operation operation) { return (__u64)fd << 2 | operation; }

// An entry for a connection's socket.
static void finish_entry(struct io_uring_sqe* entry, int fd, enum operation operation) {
  if (features.direct) entry->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(entry, tag(fd, operation));
}

static void return_all(struct chunk_list* list) {
  for (int index = list->first; index != kNone; index = chunks[index].next)
    return_to_pool(&pool, (unsigned)index);
  list->first = kNone;
}

static void receive(int fd) {
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
  select_from_pool(entry);
  finish_entry(entry, fd, kReceive);
}

// MSG_WAITALL: the kernel itself goes on after a short send.
static void prepare_gather(struct io_uring_sqe* entry, int fd, int first) {
  if (io_uring_sq_ready(&ring) == 1) gathers = gathered = 0;  // only this entry is unsubmitted
  struct msghdr* header = &gather_headers[gathers++];
  *header = (struct msghdr){.msg_iov = &gather_vectors[gathered]};
  for (int index = first; index != kNone; index = chunks[index].next) {
    gather_vectors[gathered++] =
        (struct iovec){pool_buffer(&pool, (unsigned)index), chunks[index].size};
    header->msg_iovlen++;
  }
  io_uring_prep_sendmsg(entry, fd, header, MSG_WAITALL | MSG_NOSIGNAL);
}

// The same send, of the caller's pages. It completes a second time when they may be used again.
static void do_not_copy(struct io_uring_sqe* entry, const struct chunk_list* list) {
  size_t size = 0;
  for (int index = list->first; index != kNone; index = chunks[index].next) {
    size += chunks[index].size;
  }
  if (size < features.zero_copy_from) return;
  entry->opcode = entry->opcode == IORING_OP_SEND ? IORING_OP_SEND_ZC : IORING_OP_SENDMSG_ZC;
}

static void send_queued(int fd, struct connection* connection) {
  struct io_uring_sqe* entry = next_entry(&ring);
  int first = connection->queued.first;
  if (chunks[first].next == kNone) {
    io_uring_prep_send(entry, fd, pool_buffer(&pool, (unsigned)first), chunks[first].size,
                       MSG_WAITALL | MSG_NOSIGNAL);
  } else {
    prepare_gather(entry, fd, first);
  }
  if (features.zero_copy_from > 0) do_not_copy(entry, &connection->queued);
  finish_entry(entry, fd, kSend);
  connection->in_flight = connection->queued;
  connection->queued.first = kNone;
}

// A socket without a descriptor is closed and shut down by the ring.
static void close_direct(int fd) {
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_close_direct(entry, (unsigned)fd);
  io_uring_sqe_set_data64(entry, tag(fd, kClose));
}

static void shut_down(int fd) {
  if (!features.direct) {
    shutdown(fd, SHUT_RDWR);
    return;
  }
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_shutdown(entry, fd, SHUT_RDWR);
  finish_entry(entry, fd, kClose);
}

static void close_if_over(int fd, const struct connection* connection) {
  if (!connection->ended || connection->in_flight.first != kNone) return;
  if (features.direct) {
    close_direct(fd);
  } else {
    close(fd);
  }
}

static void take_chunk(int fd, struct connection* connection, int index, int size) {
  if (connection->broken) {
    return_to_pool(&pool, (unsigned)index);
    return;
  }
  chunks[index] = (struct chunk){.size = (unsigned)size, .next = kNone};
  if (connection->queued.first == kNone) {
    connection->queued.first = index;
  } else {
    chunks[connection->queued.last].next = index;
  }
  connection->queued.last = index;
  if (connection->in_flight.first == kNone) send_queued(fd, connection);
}

static void accepted(int listener, const struct io_uring_cqe* completion) {
  int fd = completion->res;
  if (fd >= 0) {
    connections[fd] = (struct connection){.queued = {kNone, kNone}, .in_flight = {kNone, kNone}};
    receive(fd);
  } else if (fd != -ECONNABORTED && fd != -EINTR) {
    die("accept", -fd);
  }
  if (!(completion->flags & IORING_CQE_F_MORE)) {
    arm_accept(&ring, listener, tag(listener, kAccept));
  }
}

static void received(int fd, const struct io_uring_cqe* completion) {
  struct connection* connection = &connections[fd];
  if (completion->res > 0) {
    take_chunk(fd, connection, take_from_pool(&pool, completion), completion->res);
    if (!(completion->flags & IORING_CQE_F_MORE)) receive(fd);
  } else if (completion->res == -ENOBUFS) {
    starved[starved_count++] = fd;
  } else {
    connection->ended = true;
    close_if_over(fd, connection);
  }
}

static void sent(int fd, const struct io_uring_cqe* completion) {
  struct connection* connection = &connections[fd];
  if (!(completion->flags & IORING_CQE_F_NOTIF)) connection->sent = completion->res;
  if (completion->flags & IORING_CQE_F_MORE) return;
  int result = connection->sent;
  return_all(&connection->in_flight);
  if (result < 0) {
    connection->broken = true;
    return_all(&connection->queued);
    shut_down(fd);  // ends the receive, which closes the connection
  } else if (connection->queued.first != kNone) {
    send_queued(fd, connection);
    return;
  }
  close_if_over(fd, connection);
}

static void complete(int listener, const struct io_uring_cqe* completion) {
  int fd = (int)(completion->user_data >> 2);
  switch ((enum operation)(completion->user_data & 3)) {
    case kAccept:
      accepted(listener, completion);
      return;
    case kReceive:
      received(fd, completion);
      return;
    case kSend:
      sent(fd, completion);
      return;
    case kClose:
      return;
  }
}

// A receive armed on an empty pool fails at once, so the starved wait until something came back.
static void feed_starved(void) {
  for (int i = 0; i < starved_count; i++) receive(starved[i]);
  starved_count = 0;
}

int main(int argc, char** argv) {
  take_feature(&argc, argv);
  int listener = start_listening(argc, argv, 0);
  open_ring(&ring);
  if (features.direct) open_table(&ring, kMaxDescriptors);
  unsigned merged = features.incremental ? kPieceWise : 1;
  open_pool(&pool, &ring, kBuffers / merged, kBufferBytes * merged);
  arm_accept(&ring, listener, tag(listener, kAccept));
  for (;;) {
    enter_ring(&ring);
    unsigned head;
    unsigned count = 0;
    struct io_uring_cqe* completion;
    io_uring_for_each_cqe(&ring, head, completion) {
      complete(listener, completion);
      count++;
    }
    io_uring_cq_advance(&ring, count);
    if (pool.returned > 0) {
      publish_pool(&pool);
      feed_starved();
    }
  }
}
