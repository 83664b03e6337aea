// expect: await_suspend
// SPDX-License-Identifier: MIT
// A Task runs in the context of a task; a foreign coroutine type has none.
#include <coroutine>

#include "rondo/coro/task.h"

struct Foreign {
  struct promise_type {
    Foreign get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

rondo::Task<> child();

Foreign parent() { co_await child(); }
