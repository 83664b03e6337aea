// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

// How often which latency was seen, each to 1/128 of itself, as in tools/histogram.h.
enum {
  kSubBuckets = 128,  // per power of two
  kBuckets = kSubBuckets * 58,
};

struct histogram {
  uint64_t count;
  uint64_t longest;
  uint64_t buckets[kBuckets];
};

void record(struct histogram* histogram, uint64_t nanoseconds);

// The shortest latency in ns that `percent` of all do not exceed; 0 when there is none.
uint64_t percentile(const struct histogram* histogram, double percent);
