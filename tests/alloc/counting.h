// SPDX-License-Identifier: MIT
// Counts what this program takes from the heap and from the kernel's memory. The program that links
// this is the only one of its kind: malloc and mmap themselves are replaced.
#pragma once

#include <cstdint>

namespace rondo {

// Calls of malloc, calloc, realloc, aligned_alloc and of mmap (and so of operator new, which calls
// malloc) by any thread, since the start.
std::uint64_t allocations() noexcept;

}  // namespace rondo
