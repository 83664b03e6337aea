// SPDX-License-Identifier: MIT
//
// Floor: TCP echo on select. The sets are kept and copied for each call; that of writing is passed
// only while a peer does not read. A turn is one select, then one recv and one send per ready
// socket; the answer is gone through by words, most of which are 0.

#include <errno.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "burst.h"
#include "pending.h"
#include "start.h"

enum {
  kBufferBytes = 20 * 1024,
  kWordBits = 8 * sizeof(unsigned long),
  kWords = FD_SETSIZE / kWordBits,
};

// An fd_set as the kernel defines it.
union set {
  fd_set native;
  unsigned long words[kWords];
};

static struct pending pending[FD_SETSIZE];
static union set reading, writing;
static int highest, writers;
static struct burst burst = {.most = 1};
static char buffer[kBufferBytes];

static void watch(int fd) {
  if (fd >= FD_SETSIZE) die("descriptor", EMFILE);
  FD_SET(fd, &reading.native);
  if (fd > highest) highest = fd;
}

static void drop(int fd) {
  if (pending[fd].bytes != NULL) writers--;
  drop_pending(&pending[fd]);
  FD_CLR(fd, &reading.native);
  FD_CLR(fd, &writing.native);
  while (!FD_ISSET(highest, &reading.native) && !FD_ISSET(highest, &writing.native)) highest--;
  close(fd);
}

static void echo(int fd) {
  ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    drop(fd);
    return;
  }
  enum send_outcome outcome = send_or_keep(fd, &pending[fd], buffer, (size_t)size);
  if (outcome == kSentPart) {
    FD_CLR(fd, &reading.native);
    FD_SET(fd, &writing.native);
    writers++;
  }
  if (outcome == kSendFailed) drop(fd);
}

static void flush(int fd) {
  enum send_outcome outcome = send_pending(fd, &pending[fd]);
  if (outcome == kSentAll) {
    FD_SET(fd, &reading.native);
    FD_CLR(fd, &writing.native);
    writers--;
  }
  if (outcome == kSendFailed) drop(fd);
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, SOCK_NONBLOCK);
  watch(listener);
  for (;;) {
    union set readable = reading, writable = writing;
    const int words = highest / kWordBits + 1;
    int writes = writers;
    int count =
        select(highest + 1, &readable.native, writes > 0 ? &writable.native : NULL, NULL, NULL);
    if (count < 0 && errno != EINTR) die("select", errno);
    if (count < 0) continue;
    for (int word = 0; word < words; word++) {
      unsigned long ready = readable.words[word];
      if (writes > 0) ready |= writable.words[word];
      for (; ready != 0; ready &= ready - 1) {
        int fd = word * (int)kWordBits + __builtin_ctzl(ready);
        if (fd == listener) {
          accept_burst(&burst, listener, watch);
        } else if (pending[fd].bytes != NULL) {
          flush(fd);
        } else {
          echo(fd);
        }
      }
    }
  }
}
