// SPDX-License-Identifier: MIT
// Programs that are cut short after each of their steps, simulated and on kernel queues.
#pragma once

#include <span>

#include "rondo/coro/task.h"
#include "sim/coro_programs.h"

namespace rondo {

struct Program {
  const char* name;
  Task<> (*run)(ProgramLoops);
  bool travels = false;         // a task of its first loop goes to the second
  bool only_simulated = false;  // it counts on small buffers, or on a network that refuses
};

// Those with streams, and those of primitives and scopes.
std::span<const Program> all_programs();

}  // namespace rondo
