// SPDX-License-Identifier: MIT
// Calling something on a loop's thread from another one, and waiting for it.
#pragma once

#include <future>
#include <type_traits>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/loop/loop.h"

namespace rondo {

inline void require_elsewhere(const Loop& loop) {
  require(!loop.is_mine(), "Runtime::serve and rebind are for threads that are none of its own");
}

// What `function()` gives there. The loop is turning, or will be; the caller is not on its thread.
template <class Function>
auto call_on(Loop& loop, Function function) {
  require_elsewhere(loop);
  std::promise<std::invoke_result_t<Function&>> given;
  auto result = given.get_future();
  const bool posted = loop.post([&function, &given] { given.set_value(function()); });
  require(posted, "a loop of a runtime has ended before the runtime");
  return result.get();
}

// Runs the Task that `function()` gives as a task of that loop, to its end.
template <class Function>
void run_on(Loop& loop, Function function) {
  require_elsewhere(loop);
  std::promise<void> ended;
  const bool spawned = spawn_on(loop, [&function, &ended]() -> Task<> {
    auto task = function();
    co_await std::move(task);
    ended.set_value();
  });
  require(spawned, "a loop of a runtime has ended before the runtime");
  ended.get_future().wait();
}

}  // namespace rondo
