// SPDX-License-Identifier: MIT
#include "serve.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../raw/start.h"

static bool send_all(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes += sent;
    size -= (size_t)sent;
  }
  return true;
}

void serve(int fd) {
  char bytes[16 * 1024];
  for (;;) {
    ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0 || !send_all(fd, bytes, (size_t)size)) break;
  }
  close(fd);
}

void serve_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
      serve(fd);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      die("accept", errno);
    }
  }
}
