// SPDX-License-Identifier: MIT
//
// Model: blocking calls, and a thread for each connection.

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../raw/start.h"
#include "serve.h"

static void* run(void* fd) {
  serve((int)(intptr_t)fd);
  return NULL;
}

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, 0);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&small, 64 * 1024);
  for (;;) {
    pthread_t thread;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && errno != EINTR && errno != ECONNABORTED) die("accept", errno);
    if (fd < 0) continue;
    int error = pthread_create(&thread, &small, run, (void*)(intptr_t)fd);
    if (error != 0) die("pthread_create", error);
  }
}
