// SPDX-License-Identifier: MIT
//
// Model: blocking calls in a fixed pool of threads, each of which accepts for itself and serves one
// connection at a time. More connections than threads wait in the backlog.

#include <pthread.h>
#include <stdint.h>

#include "../raw/start.h"
#include "serve.h"

enum { kThreads = 64 };

static void* run(void* listener) { serve_all((int)(intptr_t)listener); }

int main(int argc, char** argv) {
  int listener = start_listening(argc, argv, 0);
  for (int i = 1; i < kThreads; i++) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, (void*)(intptr_t)listener);
    if (error != 0) die("pthread_create", error);
  }
  serve_all(listener);
}
