// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on edge-triggered epoll. Both directions are registered once and never changed.
// A socket is read until a short count says that it is empty, so a message costs one recv: the
// buffer is larger than the largest message of the benchmark, and a full one comes back short too.

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pending.h"
#include "start.h"

enum { kEventsPerTurn = 1024, kBufferBytes = 20 * 1024 };

struct connection {
  struct pending pending;
  bool hung_up;  // the peer's end was reported: read on to it, no later edge will announce it
};

static struct connection connections[kMaxDescriptors];
static char buffer[kBufferBytes];
static int poller;

static void watch(int fd, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl", errno);
}

static void drop(int fd) {
  drop_pending(&connections[fd].pending);
  close(fd);
}

// The listener stays level-triggered: the accept that finds nothing is never made.
static void accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    connections[fd].hung_up = false;
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    die("accept", errno);
  }
}

static void echo_until_empty(int fd, struct connection* connection) {
  for (;;) {
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      drop(fd);
      return;
    }
    enum send_outcome outcome = send_or_keep(fd, &connection->pending, buffer, (size_t)size);
    if (outcome == kSentPart) return;
    if (outcome == kSendFailed) {
      drop(fd);
      return;
    }
    if (size < kBufferBytes && !connection->hung_up) return;
  }
}

static void advance(int fd, unsigned events) {
  struct connection* connection = &connections[fd];
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection->hung_up = true;
  if (connection->pending.bytes != NULL) {
    enum send_outcome outcome = send_pending(fd, &connection->pending);
    if (outcome == kSentPart) return;
    if (outcome == kSendFailed) {
      drop(fd);
      return;
    }
  } else if (!(events & EPOLLIN) && !connection->hung_up) {
    return;  // only the first "writable" after registration
  }
  // After a flush the socket is read whatever the events say: an edge that came while the peer was
  // not reading has been used up.
  echo_until_empty(fd, connection);
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("epoll_create1", errno);
  watch(listener, EPOLLIN);
  for (;;) {
    struct epoll_event events[kEventsPerTurn];
    int count = epoll_wait(poller, events, kEventsPerTurn, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait", errno);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_one(listener);
      } else {
        advance(fd, events[i].events);
      }
    }
  }
}
