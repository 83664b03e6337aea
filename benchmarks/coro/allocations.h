// SPDX-License-Identifier: MIT
// How often this program calls operator new: what a benchmark allocates per iteration.
#pragma once

#include <cstdint>

namespace rondo {

std::uint64_t allocations() noexcept;

}  // namespace rondo
