// SPDX-License-Identifier: MIT
//
// Peer: TCP echo on libev, which reports readiness and leaves the calls to its user: one receive
// and one send per report, as the raw servers do it.

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../raw/pending.h"
#include "../raw/start.h"

struct connection {
  ev_io watcher;
  struct pending pending;
};

static char buffer[20 * 1024];

static void drop(struct ev_loop* loop, struct connection* connection) {
  ev_io_stop(loop, &connection->watcher);
  close(connection->watcher.fd);
  drop_pending(&connection->pending);
  free(connection);
}

static void watch(struct ev_loop* loop, struct connection* connection, int events) {
  ev_io_stop(loop, &connection->watcher);
  ev_io_set(&connection->watcher, connection->watcher.fd, events);
  ev_io_start(loop, &connection->watcher);
}

static void ready(struct ev_loop* loop, ev_io* watcher, int events) {
  struct connection* connection = (struct connection*)watcher;
  enum send_outcome outcome;
  (void)events;
  if (connection->pending.bytes != NULL) {
    outcome = send_pending(watcher->fd, &connection->pending);
    if (outcome == kSentAll) watch(loop, connection, EV_READ);
  } else {
    ssize_t size = recv(watcher->fd, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    outcome = size <= 0 ? kSendFailed
                        : send_or_keep(watcher->fd, &connection->pending, buffer, (size_t)size);
    if (outcome == kSentPart) watch(loop, connection, EV_WRITE);
  }
  if (outcome == kSendFailed) drop(loop, connection);
}

static void connected(struct ev_loop* loop, ev_io* listener, int events) {
  (void)events;
  int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) die("accept", errno);
    return;
  }
  struct connection* connection = calloc(1, sizeof *connection);
  if (connection == NULL) die("calloc", ENOMEM);
  ev_io_init(&connection->watcher, ready, fd, EV_READ);
  ev_io_start(loop, &connection->watcher);
}

int main(int argc, char** argv) {
  ev_io listener;
  struct ev_loop* loop = ev_default_loop(EVBACKEND_EPOLL);
  if (loop == NULL) die("ev_default_loop", ENOSYS);
  ev_io_init(&listener, connected, start_listening(argc, argv, SOCK_NONBLOCK), EV_READ);
  ev_io_start(loop, &listener);
  ev_run(loop, 0);
  return 0;
}
