// SPDX-License-Identifier: MIT
#include "start.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kBacklog = 4096 };

bool listening_is_shared = false;

// A handler that leaves at once costs the loop nothing, unlike a flag it would have to look at.
static void leave(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static unsigned short parse_port(int argc, char** argv) {
  char* end = NULL;
  unsigned long port = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
  if (end == NULL || end == argv[1] || *end != '\0' || port > 65535) {
    fprintf(stderr, "usage: %s PORT (0 picks one)\n", argv[0]);
    exit(2);
  }
  return (unsigned short)port;
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max < kMaxDescriptors ? limit.rlim_max : kMaxDescriptors;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int start_listening(int argc, char** argv, int socket_flags) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(parse_port(argc, argv))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int one = 1;

  raise_descriptor_limit();
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | socket_flags, 0);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
      (listening_is_shared &&
       setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) ||
      bind(listener, (struct sockaddr*)&address, size) != 0 || listen(listener, kBacklog) != 0 ||
      getsockname(listener, (struct sockaddr*)&address, &size) != 0) {
    perror("cannot listen");
    exit(2);
  }
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

void die(const char* what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}
