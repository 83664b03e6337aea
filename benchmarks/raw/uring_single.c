// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on io_uring with a buffer per connection. A connection has one operation in
// flight: a receive into its buffer, then a send of what came. One enter per turn submits them all
// and waits.

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ring.h"
#include "start.h"

enum { kBufferBytes = 16 * 1024 };

// Larger than its buffer by two cache lines, so that the buffers of neighbours do not all begin in
// the same cache set.
struct connection {
  struct connection* next_free;
  char stagger[128 - sizeof(struct connection*)];
  char bytes[kBufferBytes];
};

enum operation { kAccept, kReceive, kSend };

static struct io_uring ring;
static struct connection* connections[kMaxDescriptors];
static struct connection* free_connections;

static __u64 tag(int fd, enum operation operation) { return (__u64)fd << 2 | operation; }

static void receive(int fd) {
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_recv(entry, fd, connections[fd]->bytes, kBufferBytes, 0);
  io_uring_sqe_set_data64(entry, tag(fd, kReceive));
}

// MSG_WAITALL: the kernel itself goes on after a short send.
static void send_back(int fd, int size) {
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_send(entry, fd, connections[fd]->bytes, (size_t)size, MSG_WAITALL | MSG_NOSIGNAL);
  io_uring_sqe_set_data64(entry, tag(fd, kSend));
}

static void open_connection(int fd) {
  struct connection* connection = free_connections;
  if (connection != NULL) {
    free_connections = connection->next_free;
  } else {
    connection = malloc(sizeof *connection);
    if (connection == NULL) die("connection buffer", ENOMEM);
  }
  connections[fd] = connection;
  receive(fd);
}

// Nothing is in flight on the socket when its one operation has failed or met the end.
static void close_connection(int fd) {
  connections[fd]->next_free = free_connections;
  free_connections = connections[fd];
  close(fd);
}

static void complete(int listener, const struct io_uring_cqe* completion) {
  int fd = (int)(completion->user_data >> 2);
  int result = completion->res;
  switch ((enum operation)(completion->user_data & 3)) {
    case kAccept:
      if (result >= 0) open_connection(result);
      if (result < 0 && result != -ECONNABORTED && result != -EINTR) die("accept", -result);
      if (!(completion->flags & IORING_CQE_F_MORE)) {
        arm_accept(&ring, listener, tag(listener, kAccept));
      }
      return;
    case kReceive:
      if (result > 0) {
        send_back(fd, result);
      } else {
        close_connection(fd);
      }
      return;
    case kSend:
      if (result > 0) {
        receive(fd);
      } else {
        close_connection(fd);
      }
      return;
  }
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, 0);
  open_ring(&ring);
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
  }
}
