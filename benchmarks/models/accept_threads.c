// SPDX-License-Identifier: MIT
//
// Model: several loops and how connections come to them. accept_threads MODE PORT, where MODE is
//
//   single      one loop accepts and deals the connections to the others in turn
//   shared      the listener is in every loop's set: a connection wakes all that sleep
//   exclusive   the same with EPOLLEXCLUSIVE: the kernel wakes one, or a few
//   reuseport   each loop has a listener of its own on the same port

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../raw/pending.h"
#include "../raw/start.h"

enum { kLoops = 4, kEventsPerTurn = 256 };

struct loop {
  int poller;
  int listener;  // -1: connections are dealt to it
  unsigned listener_events;
};

static struct loop loops[kLoops];
static struct pending pending[kMaxDescriptors];
static bool deals;
static unsigned dealt;

static void watch(int poller, int operation, int fd, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(poller, operation, fd, &event) != 0) die("epoll_ctl", errno);
}

static void accept_one(struct loop* loop) {
  int fd = accept4(loop->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    int poller = deals ? loops[1 + dealt++ % (kLoops - 1)].poller : loop->poller;
    watch(poller, EPOLL_CTL_ADD, fd, EPOLLIN);
  } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    die("accept", errno);
  }
}

static void echo(struct loop* loop, int fd) {
  char bytes[16 * 1024];
  enum send_outcome outcome;
  if (pending[fd].bytes != NULL) {
    outcome = send_pending(fd, &pending[fd]);
    if (outcome == kSentAll) watch(loop->poller, EPOLL_CTL_MOD, fd, EPOLLIN);
  } else {
    ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    outcome = size <= 0 ? kSendFailed : send_or_keep(fd, &pending[fd], bytes, (size_t)size);
    if (outcome == kSentPart) watch(loop->poller, EPOLL_CTL_MOD, fd, EPOLLOUT);
  }
  if (outcome != kSendFailed) return;
  drop_pending(&pending[fd]);
  close(fd);
}

static void* run(void* argument) {
  struct loop* loop = argument;
  if (loop->listener >= 0) {
    watch(loop->poller, EPOLL_CTL_ADD, loop->listener, loop->listener_events);
  }
  for (;;) {
    struct epoll_event events[kEventsPerTurn];
    int count = epoll_wait(loop->poller, events, kEventsPerTurn, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait", errno);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == loop->listener) {
        accept_one(loop);
      } else {
        echo(loop, events[i].data.fd);
      }
    }
  }
}

// One more listener on the port of the first.
static int open_twin(int first) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int one = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (getsockname(first, (struct sockaddr*)&address, &size) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0 ||
      bind(fd, (struct sockaddr*)&address, size) != 0 || listen(fd, 4096) != 0) {
    die("cannot listen", errno);
  }
  return fd;
}

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  deals = strcmp(mode, "single") == 0;
  bool twins = strcmp(mode, "reuseport") == 0;
  bool exclusive = strcmp(mode, "exclusive") == 0;
  if (!deals && !twins && !exclusive && strcmp(mode, "shared") != 0) {
    fprintf(stderr, "usage: %s single|shared|exclusive|reuseport PORT\n", argv[0]);
    return 2;
  }
  listening_is_shared = twins;
  int listener = start_listening(argc - 1, argv + 1, SOCK_NONBLOCK);
  for (int i = 0; i < kLoops; i++) {
    int own = twins && i > 0 ? open_twin(listener) : listener;
    loops[i] = (struct loop){.poller = epoll_create1(EPOLL_CLOEXEC),
                             .listener = deals && i > 0 ? -1 : own,
                             .listener_events = exclusive ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN};
    if (loops[i].poller < 0) die("epoll_create1", errno);
  }
  for (int i = 1; i < kLoops; i++) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, &loops[i]);
    if (error != 0) die("pthread_create", error);
  }
  run(&loops[0]);
}
