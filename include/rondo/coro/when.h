// SPDX-License-Identifier: MIT
// Waiting for several tasks at once.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rondo/coro/scope.h"

namespace rondo {

template <class Awaitable>
decltype(auto) make_awaiter(Awaitable&& awaitable) {
  if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); }) {
    return std::forward<Awaitable>(awaitable).operator co_await();
  } else {
    return std::forward<Awaitable>(awaitable);
  }
}
// What `co_await` gives for it.
template <class Awaitable>
using AwaitResult = decltype(make_awaiter(std::declval<Awaitable>()).await_resume());

// The same as a Task: a Task itself, or an operation that has not begun.
template <class T>
Task<T> as_task(Task<T> task) {
  return task;
}
template <class Operation>
Task<std::remove_cvref_t<AwaitResult<Operation>>> task_of(Operation operation) {
  co_return co_await std::move(operation);
}
template <class Operation>
requires(!is_task_v<Operation>) Task<std::remove_cvref_t<AwaitResult<Operation>>> as_task(
    Operation operation) {
  return task_of<Operation>(std::move(operation)).unnamed();
}

template <class Awaitable>
using TaskValue = typename decltype(as_task(std::declval<Awaitable>()))::value_type;

// What when_any gives: everything has ended, `first` says which one did so first.
template <class... T>
struct WhenAny {
  std::size_t first;
  std::tuple<Stored<T>...> results;
};

template <class... T, std::size_t... I>
Task<std::tuple<Stored<T>...>> when_all_of(std::index_sequence<I...>, Task<T>... tasks) {
  TaskContext& context = co_await this_context();
  std::tuple<std::optional<Stored<T>>...> results;
  Scope scope(context);
  (scope.add(job_into<T>(&std::get<I>(results), std::move(tasks))), ...);
  co_await scope.join();
  co_return std::tuple<Stored<T>...>(std::move(*std::get<I>(results))...);
}

template <class T>
Job racing_job(std::optional<Stored<T>>* result, std::size_t* first, std::size_t index,
               Task<T> given) {
  Task<T> task = std::move(given);  // for the reason that job_into gives
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result->emplace();
  } else {
    result->emplace(co_await std::move(task));
  }
  if (*first == static_cast<std::size_t>(-1)) *first = index;
}

template <class... T, std::size_t... I>
Task<WhenAny<T...>> when_any_of(std::index_sequence<I...>, Task<T>... tasks) {
  TaskContext& context = co_await this_context();
  std::tuple<std::optional<Stored<T>>...> results;
  auto first = static_cast<std::size_t>(-1);
  Scope scope(context);
  (scope.add(racing_job<T>(&std::get<I>(results), &first, I, std::move(tasks))), ...);
  co_await scope.any_done();
  scope.stop();
  co_await scope.join();
  co_return WhenAny<T...>{first, std::tuple<Stored<T>...>(std::move(*std::get<I>(results))...)};
}

// Runs all of them at the same time and gives all their values (std::monostate for void). The
// first exception stops the others and is rethrown once all have ended; a stop request goes to all.
template <class... Awaitable>
requires(sizeof...(Awaitable) > 0) auto when_all(Awaitable... awaitables) {
  return when_all_of<TaskValue<Awaitable>...>(std::index_sequence_for<Awaitable...>{},
                                              as_task(std::move(awaitables))...)
      .unnamed();
}

// Runs all of them; when the first has ended the others are asked to stop, and are joined. Nothing
// that a loser got before it heard of that is lost: its result is there too, beside the winner's.
template <class... Awaitable>
requires(sizeof...(Awaitable) > 0) auto when_any(Awaitable... awaitables) {
  return when_any_of<TaskValue<Awaitable>...>(std::index_sequence_for<Awaitable...>{},
                                              as_task(std::move(awaitables))...)
      .unnamed();
}

}  // namespace rondo
