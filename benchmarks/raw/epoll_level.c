// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on level-triggered epoll. Interest is registered once; a turn is one epoll_wait,
// then one recv and one send per ready socket. A peer that does not read turns its interest from
// reading to writing until the kept bytes are gone.

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pending.h"
#include "start.h"

enum { kEventsPerTurn = 1024, kBufferBytes = 20 * 1024 };

static struct pending pending[kMaxDescriptors];
static char buffer[kBufferBytes];
static int poller;

static void watch(int operation, int fd, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(poller, operation, fd, &event) != 0) die("epoll_ctl", errno);
}

static void drop(int fd) {
  drop_pending(&pending[fd]);
  close(fd);
}

// One accept per report: while more connections wait, the level is reported again, and the accept
// that finds nothing is never made.
static void accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    die("accept", errno);
  }
}

static void echo(int fd) {
  ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    drop(fd);
    return;
  }
  enum send_outcome outcome = send_or_keep(fd, &pending[fd], buffer, (size_t)size);
  if (outcome == kSentPart) watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
  if (outcome == kSendFailed) drop(fd);
}

static void flush(int fd) {
  enum send_outcome outcome = send_pending(fd, &pending[fd]);
  if (outcome == kSentAll) watch(EPOLL_CTL_MOD, fd, EPOLLIN);
  if (outcome == kSendFailed) drop(fd);
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("epoll_create1", errno);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  for (;;) {
    struct epoll_event events[kEventsPerTurn];
    int count = epoll_wait(poller, events, kEventsPerTurn, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait", errno);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_one(listener);
      } else if (pending[fd].bytes != NULL) {
        flush(fd);
      } else {
        echo(fd);
      }
    }
  }
}
