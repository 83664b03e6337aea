// SPDX-License-Identifier: MIT
// Who is running: a cheap name for the current thread.
#pragma once

namespace rondo {

// An address that is this thread's alone while it lives. Out of line on purpose: inside a coroutine
// the compiler may keep a thread-local's address across a suspension, and a coroutine may wake up
// on another thread.
const void* current_thread() noexcept;

}  // namespace rondo
