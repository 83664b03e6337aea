// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on poll. The array is dense and persistent: a connection comes in at the end, and
// the last one takes the place of one that goes. A turn is one poll, then one recv and one send per
// ready socket. A peer that does not read turns its entry from reading to writing until the kept
// bytes are gone.

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "burst.h"
#include "pending.h"
#include "start.h"

enum { kBufferBytes = 20 * 1024 };

static struct pending pending[kMaxDescriptors];
static struct pollfd entries[kMaxDescriptors];  // the listener's is the first
static nfds_t entry_count;
static struct burst burst = {.most = 1};
static char buffer[kBufferBytes];

static void watch(int fd) { entries[entry_count++] = (struct pollfd){.fd = fd, .events = POLLIN}; }

static void drop(struct pollfd* entry) {
  drop_pending(&pending[entry->fd]);
  close(entry->fd);
  *entry = entries[--entry_count];
}

static void echo(struct pollfd* entry) {
  ssize_t size = recv(entry->fd, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    drop(entry);
    return;
  }
  enum send_outcome outcome = send_or_keep(entry->fd, &pending[entry->fd], buffer, (size_t)size);
  if (outcome == kSentPart) entry->events = POLLOUT;
  if (outcome == kSendFailed) drop(entry);
}

static void flush(struct pollfd* entry) {
  enum send_outcome outcome = send_pending(entry->fd, &pending[entry->fd]);
  if (outcome == kSentAll) entry->events = POLLIN;
  if (outcome == kSendFailed) drop(entry);
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  watch(listener);
  for (;;) {
    int count = poll(entries, entry_count, -1);
    if (count < 0 && errno != EINTR) die("poll", errno);
    // From the end, so that the entry that takes the place of a dropped one was handled before.
    for (nfds_t i = entry_count; count > 0 && i-- > 0;) {
      struct pollfd* entry = &entries[i];
      if (entry->revents == 0) continue;
      count--;
      if (entry->fd == listener) {
        accept_burst(&burst, listener, watch);
      } else if (pending[entry->fd].bytes != NULL) {
        flush(entry);
      } else {
        echo(entry);
      }
    }
  }
}
