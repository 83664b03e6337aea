// SPDX-License-Identifier: MIT
#include "histogram.h"

// Values below 256 are their own buckets; above, the 8 leading bits and their place choose one.
static unsigned shift_of(uint64_t value) {
  unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
  return bits > 8 ? bits - 8 : 0;
}

void record(struct histogram* histogram, uint64_t nanoseconds) {
  unsigned shift = shift_of(nanoseconds);
  histogram->buckets[shift * kSubBuckets + (nanoseconds >> shift)]++;
  histogram->count++;
  if (nanoseconds > histogram->longest) histogram->longest = nanoseconds;
}

static uint64_t end_of(unsigned bucket) {
  if (bucket < 2 * kSubBuckets) return bucket;
  unsigned shift = bucket / kSubBuckets - 1;
  return (((uint64_t)bucket - shift * kSubBuckets + 1) << shift) - 1;
}

uint64_t percentile(const struct histogram* histogram, double percent) {
  // 99.9 as a double is a little more, and would ask for one too many of 1000.
  double wanted = percent / 100 * (double)histogram->count - 1e-6;
  uint64_t seen = 0;
  for (unsigned i = 0; i < kBuckets; i++) {
    seen += histogram->buckets[i];
    if (seen > 0 && (double)seen >= wanted) {
      return end_of(i) < histogram->longest ? end_of(i) : histogram->longest;
    }
  }
  return histogram->longest;
}
