// SPDX-License-Identifier: MIT
// Who is running: a cheap name for the current thread.
#pragma once

namespace rondo {

// An address that is this thread's alone while it lives. Never a value that the compiler has kept:
// inside a coroutine it may keep a thread-local's address across a suspension, and a coroutine may
// wake up on another thread. So it is read anew each time, or asked for out of line.
#if defined(__x86_64__)
inline const void* current_thread() noexcept {
  const void* pointer;
  asm volatile("movq %%fs:0, %0" : "=r"(pointer));  // the thread control block's own address
  return pointer;
}
#else
const void* current_thread() noexcept;
#endif

}  // namespace rondo
