// SPDX-License-Identifier: MIT
// Work that a stop request does not reach.
#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/coro/scope.h"
#include "rondo/coro/when.h"

namespace rondo {

template <class T>
Task<T> shield_of(Task<T> task) {
  TaskContext& context = co_await this_context();
  std::optional<Stored<T>> result;
  Scope scope(context);
  scope.set_deadline(kNever);
  scope.add(job_into<T>(&result, std::move(task)));
  co_await scope.join(Stops::kKeptOut);
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

// `co_await shield(save(state))`: the task or operation goes on to its end whether or not somebody
// has asked, or asks meanwhile, the surrounding task to stop; neither does a deadline from outside
// reach it. What comes after it is stopped as ever. So it should have a deadline of its own:
// `co_await shield(with_timeout(1s, say_goodbye(stream)))`. Destruction of the frame destroys it
// too.
template <class Awaitable>
auto shield(Awaitable awaitable) {
  return shield_of<TaskValue<Awaitable>>(as_task(std::move(awaitable))).unnamed();
}

template <class T, class CleanUp>
Task<T> with_clean_up_of(Task<T> body, CleanUp clean_up) {
  TaskContext& context = co_await this_context();
  std::optional<Stored<T>> result;
  std::exception_ptr failure;
  {
    Scope scope(context);
    scope.on_failure(
        [](void* where, std::exception_ptr what) {
          *static_cast<std::exception_ptr*>(where) = std::move(what);
        },
        &failure);
    scope.add(job_into<T>(&result, std::move(body)));
    co_await scope.join();
  }
  auto cleaning = shield(clean_up());
  co_await std::move(cleaning);
  if (failure) rethrow(std::move(failure));
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

// `co_await with_clean_up(work(stream), [&]() -> Task<> { ... })`: runs the first, then, shielded,
// the task that the callable gives: on every path, after a value, an exception (rethrown
// afterwards) or a stop. Gives what the first gave. Not when the frame is destroyed: nothing can be
// awaited then. A callable that captures by value is named first and moved in: g++ 12 destroys
// twice what is made inside an await.
template <class Awaitable, class CleanUp>
requires std::same_as<std::invoke_result_t<CleanUp&>, Task<>>
auto with_clean_up(Awaitable body, CleanUp clean_up) {
  return with_clean_up_of<TaskValue<Awaitable>>(as_task(std::move(body)), std::move(clean_up))
      .unnamed();
}

}  // namespace rondo
