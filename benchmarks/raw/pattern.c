// SPDX-License-Identifier: MIT
#include "pattern.h"

#include <string.h>

static char pattern[kPatternPeriod + kPatternRun];

void fill_pattern(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < kPatternPeriod; i++) {
    state = state * 1664525U + 1013904223U;
    pattern[i] = (char)(state >> 24);
  }
  for (size_t i = kPatternPeriod; i < sizeof pattern; i++) pattern[i] = pattern[i - kPatternPeriod];
}

const char* pattern_at(uint64_t offset) { return pattern + offset % kPatternPeriod; }

bool matches_pattern(uint64_t offset, const char* bytes, size_t size) {
  return memcmp(pattern_at(offset), bytes, size) == 0;
}
