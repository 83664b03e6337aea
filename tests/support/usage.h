// SPDX-License-Identifier: MIT
// What this process has used.
#pragma once

#include <cstddef>

#include "rondo/base/clock.h"

namespace rondo {

// Memory that it holds now.
std::size_t resident_bytes();

// Of all its threads since it began.
Duration processor_time();

}  // namespace rondo
