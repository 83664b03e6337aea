// SPDX-License-Identifier: MIT
// Memory of coroutine frames: per-thread free lists by size, no lock, no allocation after warm-up.
#pragma once

#include <cstddef>

namespace rondo {

// Memory for a coroutine frame of `size` bytes, aligned as operator new aligns. From the calling
// thread's pool up to 2 KiB, from operator new above. Terminates with a message when memory is out.
void* allocate_frame(std::size_t size) noexcept;

// Gives it back; `size` as it was asked for. Any thread: a frame freed elsewhere goes home to the
// pool that it came from, also when that pool's thread has ended meanwhile.
void free_frame(void* frame, std::size_t size) noexcept;

}  // namespace rondo
