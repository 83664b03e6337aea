// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace rondo::bench {

// Holds SIGINT, SIGTERM and SIGHUP back everywhere but inside `wait_readable`, so that an interrupt
// is an Interrupted at a known place and never leaves a process behind. Once, before any process.
void hold_interrupts();

// Undoes `hold_interrupts` in a child between fork and exec.
void release_interrupts();

// Waits until `fd` can be read or has ended; false when `patience` runs out first. Throws
// Interrupted when an interrupt comes.
bool wait_readable(int fd, std::chrono::milliseconds patience);

}  // namespace rondo::bench
