// SPDX-License-Identifier: MIT
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "start.h"

static int refused(ssize_t sent) { return sent < 0 && errno != EAGAIN && errno != EINTR; }

enum send_outcome send_or_keep(int fd, struct pending* rest, const char* bytes, size_t size) {
  ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == (ssize_t)size) return kSentAll;
  if (refused(sent)) return kSendFailed;
  size_t taken = sent < 0 ? 0 : (size_t)sent;
  *rest = (struct pending){.bytes = malloc(size - taken), .begin = 0, .end = size - taken};
  if (rest->bytes == NULL) die("pending buffer", ENOMEM);
  memcpy(rest->bytes, bytes + taken, rest->end);
  return kSentPart;
}

enum send_outcome send_pending(int fd, struct pending* rest) {
  ssize_t sent =
      send(fd, rest->bytes + rest->begin, rest->end - rest->begin, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (refused(sent)) return kSendFailed;
  rest->begin += sent < 0 ? 0 : (size_t)sent;
  if (rest->begin < rest->end) return kSentPart;
  drop_pending(rest);
  return kSentAll;
}

void drop_pending(struct pending* rest) {
  free(rest->bytes);
  rest->bytes = NULL;
}
