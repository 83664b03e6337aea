// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_options {
  struct sockaddr_in server;
  int connections;
  int idle;           // further connections that never send
  size_t size;        // bytes per message
  uint64_t depth;     // messages in flight per connection
  bool churn;         // a connection per message
  bool udp;           // datagrams
  bool control;       // windows are asked for on stdin
  double seconds;     // one window of this length, or
  uint64_t requests;  // one of exactly so many requests
};

// Exits with 0 after --help and with 2 and one line on stderr when the arguments are wrong.
struct load_options parse_load_options(int argc, char** argv);
