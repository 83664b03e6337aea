// SPDX-License-Identifier: MIT
#include "feature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct features features;

void take_feature(int* argc, char** argv) {
  static const char prefix[] = "--feature=";
  const char* last = argv[*argc - 1];
  if (strncmp(last, prefix, strlen(prefix)) != 0) return;
  const char* name = last + strlen(prefix);
  const char* colon = strchr(name, ':');
  unsigned number = colon == NULL ? 0 : (unsigned)strtoul(colon + 1, NULL, 10);
  if (strcmp(name, "direct") == 0) {
    features.direct = true;
  } else if (strcmp(name, "incremental") == 0) {
    features.incremental = true;
  } else if (strcmp(name, "sqpoll") == 0) {
    features.sqpoll = true;
  } else if (strncmp(name, "zero-copy:", strlen("zero-copy:")) == 0 && number > 0) {
    features.zero_copy_from = number;
  } else if (strncmp(name, "min-wait:", strlen("min-wait:")) == 0 && number > 0) {
    features.min_wait_us = number;
  } else {
    fprintf(stderr, "no feature '%s'\n", name);
    exit(2);
  }
  --*argc;
}
