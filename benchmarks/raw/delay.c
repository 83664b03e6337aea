// SPDX-License-Identifier: MIT
//
// TCP echo with known delays, to check what a load says about latencies. Of 2000 receives in a row,
// counted over all connections,
//
//   1200 are answered after 40 ms, 700 after 80 ms, 90 after 160 ms, 9 after 320 ms, 1 after 640 ms
//
// so that p50, p90, p99, p99.9 and the maximum are those five values.

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "start.h"

enum { kClasses = 5, kCycle = 2000, kStep = 1237, kMostWaiting = 1 << 14, kBytes = 64 };

struct answer {
  uint64_t due;  // ns
  int fd;
  unsigned size;
  char bytes[kBytes];
};

// Answers of one delay fall due in the order in which they came.
struct queue {
  struct answer answers[kMostWaiting];
  unsigned begin;
  unsigned end;
};

static const unsigned kUpTo[kClasses] = {1200, 1900, 1990, 1999, 2000};
static struct queue queues[kClasses];
static unsigned received;

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// kStep is prime to kCycle: the classes come mixed, each as often as it should.
static unsigned next_class(void) {
  unsigned place = received++ % kCycle * kStep % kCycle;
  unsigned found = 0;
  while (place >= kUpTo[found]) found++;
  return found;
}

static void receive(int fd) {
  unsigned class = next_class();
  struct queue* queue = &queues[class];
  struct answer* answer = &queue->answers[queue->end % kMostWaiting];
  if (queue->end - queue->begin == kMostWaiting) die("too many wait", ENOBUFS);
  ssize_t size = recv(fd, answer->bytes, kBytes, 0);
  if (size <= 0) {
    close(fd);
    return;
  }
  answer->due = nanoseconds() + ((uint64_t)40000000 << class);
  answer->fd = fd;
  answer->size = (unsigned)size;
  queue->end++;
}

// Gives the ns until the next one; UINT64_MAX when none waits.
static uint64_t send_due(void) {
  uint64_t now = nanoseconds();
  uint64_t next = UINT64_MAX;
  for (unsigned class = 0; class < kClasses; class ++) {
    struct queue* queue = &queues[class];
    for (; queue->begin != queue->end; queue->begin++) {
      struct answer* answer = &queue->answers[queue->begin % kMostWaiting];
      if (answer->due > now) {
        if (answer->due - now < next) next = answer->due - now;
        break;
      }
      if (send(answer->fd, answer->bytes, answer->size, MSG_NOSIGNAL) < 0) close(answer->fd);
    }
  }
  return next;
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  prctl(PR_SET_TIMERSLACK, 1);
  if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) die("epoll", errno);
  for (;;) {
    uint64_t wait = send_due();
    struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000),
                               .tv_nsec = (long)(wait % 1000000000)};
    int count = epoll_pwait2(poller, &event, 1, wait == UINT64_MAX ? NULL : &timeout, NULL);
    if (count <= 0) continue;
    if (event.data.fd != listener) {
      receive(event.data.fd);
      continue;
    }
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) die("accept", errno);
  }
}
