// SPDX-License-Identifier: MIT
//
// Model: non-blocking calls and no waiting. It asks every socket in turn, for ever, and so takes
// its whole core with nothing to do.

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../raw/pending.h"
#include "../raw/start.h"

static struct pending pending[kMaxDescriptors];
static int connections[kMaxDescriptors];
static int connection_count;
static char buffer[20 * 1024];

// False when the connection has ended.
static bool ask(int fd) {
  if (pending[fd].bytes != NULL) return send_pending(fd, &pending[fd]) != kSendFailed;
  ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  return size > 0 && send_or_keep(fd, &pending[fd], buffer, (size_t)size) != kSendFailed;
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      connections[connection_count++] = fd;
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      die("accept", errno);
    }
    for (int i = connection_count - 1; i >= 0; i--) {
      if (ask(connections[i])) continue;
      drop_pending(&pending[connections[i]]);
      close(connections[i]);
      connections[i] = connections[--connection_count];
    }
  }
}
