// SPDX-License-Identifier: MIT
//
// Model: signal-driven, over UDP, where a signal can mean only one thing: a datagram is there. A
// queued real-time signal per datagram is taken by sigwaitinfo, without a handler. When the queue
// of signals overflows the kernel sends a plain SIGIO instead; every wake-up reads until nothing is
// left, so no datagram is lost with a signal.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../raw/start.h"

static char buffer[20 * 1024];

static int open_socket(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, size) != 0 ||
      getsockname(fd, (struct sockaddr*)&address, &size) != 0) {
    die("cannot listen", errno);
  }
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void echo_all(int fd) {
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    ssize_t size = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr*)&peer, &length);
    if (size < 0 && errno == EAGAIN) return;
    if (size >= 0) sendto(fd, buffer, (size_t)size, 0, (struct sockaddr*)&peer, length);
  }
}

int main(int argc, char** argv) {
  sigset_t ready;
  sigemptyset(&ready);
  sigaddset(&ready, SIGIO);
  sigaddset(&ready, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &ready, NULL);
  int fd = open_socket(argc > 1 ? atoi(argv[1]) : 0);
  if (fcntl(fd, F_SETOWN, getpid()) != 0 || fcntl(fd, F_SETSIG, SIGRTMIN) != 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) != 0) {
    die("fcntl", errno);
  }
  for (;;) {
    sigwaitinfo(&ready, NULL);
    echo_all(fd);
  }
}
