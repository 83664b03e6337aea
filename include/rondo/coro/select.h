// SPDX-License-Identifier: MIT
// The next value of several channels.
#pragma once

#include <array>
#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "rondo/base/result.h"
#include "rondo/coro/channel.h"
#include "rondo/coro/task.h"

namespace rondo {

// One wait in all the channels; the first that is granted ends it, and the others are given back.
template <class Queue, class... T>
class SelectOnce final : private ReadyNode {
 public:
  using Value = std::variant<T...>;

  explicit SelectOnce(BasicChannel<T, Queue>&... channels) noexcept
      : order_(by_age({channels.count_select()...})), receives_(Receive<T>(channels)...) {}
  SelectOnce(const SelectOnce&) = delete;
  SelectOnce& operator=(const SelectOnce&) = delete;

  bool await_ready() const noexcept { return false; }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    TaskContext& task = self.promise().context();
    task_ = &task;
    stopped_ = task.stop_requested();
    if (stopped_) return false;
    std::size_t ended = 0;
    bool granted = false;
    std::size_t last = 0;
    for (std::size_t i = 0; i < sizeof...(T) && !granted; ++i) {
      last = order_[i];
      at(last, [&](auto& receive) {
        if (receive.enlist(task, [&receive] { return receive.reserve(); })) return;
        granted = !receive.has_ended();
        if (granted) return;
        ++ended;
        static_cast<void>(receive.settle());
      });
    }
    all_ended_ = ended == sizeof...(T);
    if (granted || all_ended_) {
      if (task.runner().may_complete_inline()) return false;
      if (leave_others(last)) {
        task.yield(self);
      } else {
        task.suspend(*this, self);
      }
      return true;
    }
    task.suspend(*this, self);
    return true;
  }

  // A value with the index of its channel; Errc::end_of_stream when all are closed and empty;
  // EAGAIN when one was closed meanwhile; Errc::canceled.
  Result<Value> await_resume() noexcept {
    if (stopped_) return Errc::canceled;
    if (all_ended_) return Errc::end_of_stream;
    std::optional<Result<Value>> got;
    take_granted(got, std::index_sequence_for<T...>{});
    if (got) return std::move(*got);
    return Error::from_errno(EAGAIN);
  }

 private:
  using Order = std::array<std::uint8_t, sizeof...(T)>;  // of their indexes
  static_assert(sizeof...(T) < 256, "select: an index is a byte");

  // The channel first that most selects have passed over; of equals, the first.
  static Order by_age(const std::array<std::size_t, sizeof...(T)>& ages) noexcept {
    Order order{};
    for (std::size_t i = 1; i < sizeof...(T); ++i) {
      std::size_t place = i;
      for (; place != 0 && ages[order[place - 1]] < ages[i]; --place) {
        order[place] = order[place - 1];
      }
      order[place] = static_cast<std::uint8_t>(i);
    }
    return order;
  }

  template <class Each>
  using Receive = typename BasicChannel<Each, Queue>::Receive;

  // Calls `visit` with the receive of that index.
  template <class Visit>
  void at(std::size_t index, Visit&& visit) noexcept {
    at(index, visit, std::index_sequence_for<T...>{});
  }
  template <class Visit, std::size_t... I>
  void at(std::size_t index, Visit& visit, std::index_sequence<I...>) noexcept {
    static_cast<void>(((I == index && (visit(std::get<I>(receives_)), true)) || ...));
  }

  // Waits on none but `one` any more, or it could be resumed from there besides. False when another
  // was granted meanwhile, and will resume it.
  bool leave_others(std::size_t one) noexcept {
    bool left = true;
    for (std::size_t i = 0; i < sizeof...(T); ++i) {
      if (i == one) continue;
      at(i, [&left](auto& receive) { left = receive.withdraw() && left; });
    }
    return left;
  }

  template <std::size_t... I>
  void take_granted(std::optional<Result<Value>>& got, std::index_sequence<I...>) noexcept {
    for (const std::size_t index : order_) {
      static_cast<void>(((I == index && (take_one<I>(got), true)) || ...));
    }
  }
  template <std::size_t I>
  void take_one(std::optional<Result<Value>>& got) noexcept {
    auto& receive = std::get<I>(receives_);
    if (got || receive.withdraw()) return;
    auto value = receive.await_resume();
    if (value) got.emplace(Value(std::in_place_index<I>, std::move(*value)));
  }

  void run() noexcept override { task_->resume(); }
  void stop() noexcept override {
    if (stopped_) return;
    bool granted = false;
    for (std::size_t i = 0; i < sizeof...(T); ++i) {
      at(i, [&granted](auto& receive) { granted = !receive.withdraw() || granted; });
    }
    if (granted) return;  // and resumes
    stopped_ = true;
    task_->runner().ready().push_back(*this);
  }
  const char* what() const noexcept override { return "select"; }

  TaskContext* task_ = nullptr;
  bool stopped_ = false;
  bool all_ended_ = false;
  const Order order_;
  std::tuple<Receive<T>...> receives_;
};

// `auto next = co_await select(orders, prices);` Takes one value from one of the channels and gives
// it as a Result of a variant whose index tells which. Channels with something to take have turns:
// it takes from the one in which most selects have looked since anything was last taken out of it,
// whoever they were, and of equals from the first. So a channel is not passed over for ever,
// however regularly and with whatever others it is named. One that is closed and empty is passed
// over; when all are: Errc::end_of_stream. A stop ends it with Errc::canceled, and takes nothing.
// All are of one loop, or all Shared. Resumes where it was awaited.
template <class Queue, class... T>
Task<Result<std::variant<T...>>> select(BasicChannel<T, Queue>&... channels) {
  for (;;) {
    SelectOnce<Queue, T...> once(channels...);
    Result<std::variant<T...>> got = co_await once;
    const bool again = !got && got.error() == Error::from_errno(EAGAIN);
    if (!again) co_return got;
  }
}

}  // namespace rondo
