// SPDX-License-Identifier: MIT
// What this kernel's io_uring has, one by one, for people; a backend asks climb_uring().
#pragma once

#include <vector>

#include "rondo/kernel/capabilities.h"

namespace rondo {

// Empty where not even a plain ring can be had.
std::vector<UringCapability> find_uring_features();

}  // namespace rondo
