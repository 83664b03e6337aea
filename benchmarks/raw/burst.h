// SPDX-License-Identifier: MIT
//
// How many connections are accepted per report of the listener. One, as long as they come one by
// one: the accept that finds nothing is never made. But a poll of many descriptors is long, and one
// connection per poll would be few, so after eight reports in a row that brought all that was asked
// for the number doubles each time, until an accept finds nothing.
#pragma once

#include <errno.h>
#include <sys/socket.h>

#include "start.h"

enum { kReportsBeforeMore = 8, kLongestBurst = 64 };

struct burst {
  int most;  // connections per report, from 1
  int full;  // reports in a row that brought all that was asked for
};

// After a report: accepts what it is worth, and tells `watch` each descriptor.
static inline void accept_burst(struct burst* burst, int listener, void (*watch)(int)) {
  for (int count = 0; count < burst->most; count++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) die("accept", errno);
      *burst = (struct burst){.most = 1};
      return;
    }
    watch(fd);
  }
  if (++burst->full >= kReportsBeforeMore && burst->most < kLongestBurst) burst->most *= 2;
}
