// SPDX-License-Identifier: MIT
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The bytes that the load sends: one endless pseudo-random stream of a prime period, entered by
// each connection at another place. Bytes that come back lost, doubled, swapped or on the wrong
// connection do not match, and one memcmp sees it.
enum { kPatternPeriod = 4093, kPatternRun = 64 * 1024 };

void fill_pattern(void);

// kPatternRun bytes of the stream that begin at `offset`.
const char* pattern_at(uint64_t offset);

bool matches_pattern(uint64_t offset, const char* bytes, size_t size);
