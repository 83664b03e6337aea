// SPDX-License-Identifier: MIT
// What a loop has done since the beginning, in numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rondo/kernel/close_reason.h"

namespace rondo {

// A reading of Loop::counters(). Each number is exact as of the loop's last wait for the kernel,
// and they were read one after the other, so two of them may be a moment apart.
struct LoopCounters {
  std::uint64_t turns = 0;
  std::uint64_t resumed = 0;  // operations, timers, mail and first steps whose turn came
  std::uint64_t timers = 0;   // deadlines that passed while somebody waited for them
  std::uint64_t posts = 0;    // mail that has come from other threads, or from this one by post()
  std::uint64_t wakes = 0;    // sleeps that mail has ended

  // Made by the loop, its operations and its closes. Not those of control calls (opening a socket,
  // binding, options), nor those of other threads that wake it.
  std::uint64_t system_calls = 0;
  std::uint64_t waits = 0;         // those of them that may block: epoll_wait, io_uring_enter
  std::uint64_t submissions = 0;   // io_uring: entries; epoll, poll, select: changes of the watch
  std::uint64_t completions = 0;   // io_uring: completions; epoll, poll, select: events
  std::uint64_t stale_events = 0;  // epoll: events of descriptors that are gone
  std::uint64_t no_buffers = 0;    // io_uring: receives for which there was no buffer (ENOBUFS)
  std::uint64_t overflows = 0;     // io_uring: overflows of the completion queue

  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;

  // Streams that were closed, by what they had come to; neither listeners nor pairs in memory.
  std::array<std::uint64_t, std::size(kCloseReasons)> closes = {};
  std::uint64_t closed(CloseReason reason) const noexcept {
    return closes[static_cast<std::size_t>(reason)];
  }
};

}  // namespace rondo
