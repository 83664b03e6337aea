// SPDX-License-Identifier: MIT
// What this process has used.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rondo/base/clock.h"

namespace rondo {

// Memory that it holds now.
std::size_t resident_bytes();

// Of all its threads since it began.
Duration processor_time();

// Turns that a loop with nothing to do makes at most in some ten milliseconds. One would be enough,
// but Linux interrupts a thread time and again while it takes down the rings that the thread closed
// in earlier tests; a loop that spins makes 10^4.
inline constexpr std::uint64_t kTurnsOfASleeper = 500;

}  // namespace rondo
