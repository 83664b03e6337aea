// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

// Bytes that a socket did not take at once. The epoll floors send straight from their one shared
// buffer, and only a peer that reads slowly makes them copy the rest aside.
struct pending {
  char* bytes;  // NULL: nothing waits
  size_t begin;
  size_t end;
};

enum send_outcome { kSentAll, kSentPart, kSendFailed };

// Sends what it can without blocking and keeps the rest. Nothing may be pending before.
enum send_outcome send_or_keep(int fd, struct pending* rest, const char* bytes, size_t size);

// Sends what is pending as far as the socket takes it.
enum send_outcome send_pending(int fd, struct pending* rest);

void drop_pending(struct pending* rest);
