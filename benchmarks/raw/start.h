// SPDX-License-Identifier: MIT
#pragma once

#include <stdbool.h>

// What every floor does before its loop, kept out of the way so that each floor is only its loop.

enum {
  kMaxDescriptors = 1 << 16,  // connection tables are plain arrays indexed by descriptor
};

// Set before start_listening: others may listen on the same port, with SO_REUSEPORT.
extern bool listening_is_shared;

// Listens on 127.0.0.1:PORT (argv[1]; 0 picks a port), prints `listening on 127.0.0.1:PORT` and
// returns the listening descriptor, blocking or not as `socket_flags` (0 or SOCK_NONBLOCK) says.
// SIGTERM and SIGINT end the process with status 0 from then on. Exits with 2 and a line on stderr
// when anything fails.
int start_listening(int argc, char** argv, int socket_flags);

// Ends the process with status 1 and one line that names what failed and why.
_Noreturn void die(const char* what, int error);
