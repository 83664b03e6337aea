// SPDX-License-Identifier: MIT
#include "rondo/loop/loop_counters.h"

#include <algorithm>

#include "rondo/loop/loop.h"

namespace rondo {

void Loop::publish() noexcept {
  counts_.bytes_moved = slots_.bytes_moved;
  counts_.bytes_sent = slots_.bytes_sent;
  counts_.calls = slots_.calls;
}

LoopCounters Loop::counters() const noexcept {
  const BackendCounters& kernel = backend_->counters();
  // In this order, so that no more seems to have been sent than was moved.
  const std::uint64_t sent = counts_.bytes_sent;
  const std::uint64_t moved = counts_.bytes_moved;
  LoopCounters read{.turns = counts_.turns,
                    .resumed = counts_.resumed,
                    .timers = timers_.expired(),
                    .posts = mailbox_.posts(),
                    .wakes = mailbox_.wakes(),
                    .system_calls = counts_.calls + kernel.calls,
                    .waits = kernel.waits,
                    .submissions = kernel.changes,
                    .completions = kernel.events,
                    .stale_events = kernel.stale_events,
                    .no_buffers = kernel.no_buffers,
                    .overflows = kernel.overflows,
                    .bytes_received = moved > sent ? moved - sent : 0,
                    .bytes_sent = sent};
  std::copy(counts_.closes.begin(), counts_.closes.end(), read.closes.begin());
  return read;
}

}  // namespace rondo
