// SPDX-License-Identifier: MIT
// Programs of primitives and scopes, to be cut short after each of their steps.
#pragma once

#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"

namespace rondo {

// What a program has beside its own frames: two loops; it runs on the first.
struct ProgramLoops {
  Loop& here;
  Loop& there;
};

Task<> hands_jobs_through_stages(ProgramLoops loops);
Task<> takes_turns_with_locks(ProgramLoops loops);
Task<> starts_limits_and_cleans_up(ProgramLoops loops);
Task<> selects_and_broadcasts(ProgramLoops loops);
Task<> shares_with_another_loop(ProgramLoops loops);

}  // namespace rondo
