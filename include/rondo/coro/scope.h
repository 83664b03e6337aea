// SPDX-License-Identifier: MIT
// Structured concurrency: children end before the scope that spawned them does.
//
//   co_await with_scope([&](Scope& scope) -> Task<> {
//     scope.spawn(read_side, std::ref(stream));
//     scope.spawn(heartbeat, std::ref(stream));
//     co_await scope.any_done();
//     scope.stop();
//   });                                   // both joined here, on every path
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/base/clock.h"
#include "rondo/base/ready.h"
#include "rondo/base/result.h"
#include "rondo/coro/child.h"
#include "rondo/coro/job.h"
#include "rondo/coro/one_shot.h"
#include "rondo/coro/this_task.h"
#include "rondo/coro/wait_queue.h"

namespace rondo {

// A callable that yields a Task when it is called with these arguments, each moved from a copy.
template <class Function, class... Arguments>
using SpawnResult = std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Arguments>...>;
template <class Function, class... Arguments>
concept Spawnable = is_task_v<SpawnResult<Function, Arguments...>>;

// Of the overloads that say what is wrong with the others.
template <class Function, class... Arguments>
constexpr void refuse_to_spawn() {
  static_assert(!is_task_v<std::decay_t<Function>>,
                "spawn: pass the function and its arguments, not the Task that it would give");
  static_assert(is_task_v<std::decay_t<Function>> || Spawnable<Function, Arguments...>,
                "spawn: the function must give a Task when it is called with copies of these "
                "arguments; std::ref(x), or borrow(x) outside of a scope, passes x itself");
}

// What a child calls when it is ready: `started.set()`, or with a value. See Scope::start.
template <class T = void>
using Started = typename OneShot<T>::Sender;

// Whether a stop request to the one who joins is passed on to what it joins.
enum class Stops : std::uint8_t { kPassedOn, kKeptOut };

// Goes on with an exception that was caught elsewhere.
[[noreturn]] void rethrow(std::exception_ptr failure);

// A set of child tasks. All its calls belong to the thread of the loop that it was made on. Made
// by with_scope, and by a loop for its root.
//
// Failure: the first exception that leaves a child asks everything else in the scope to stop and
// is rethrown at the join; later ones are dropped.
class Scope final : private Joiner, private WaitQueue {
 public:
  explicit Scope(Runner& runner) noexcept : WaitQueue(none_, "room in a scope"), runner_(runner) {}
  // Within a task: on its loop, and children inherit its deadline, and its name unless a coroutine
  // of their own gives them another.
  explicit Scope(TaskContext& parent) noexcept : Scope(parent.runner()) {
    parent_ = &parent;
    deadline_ = parent.deadline();
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  // Destroys the children that are left, innermost frame first. Reached with children only when the
  // frame that holds the scope is itself destroyed: a task that runs must have joined its scope. A
  // child on another loop must have been joined, too.
  ~Scope();

  // Starts `function(arguments...)` as a child; its first step runs in a later turn. The callable
  // and copies of the arguments live until the child has ended. References to things outside are
  // passed on purpose: std::ref(x), for an x that outlives the scope. After a stop the child still
  // starts, with its stop requested. Gives a handle to its value, which may be dropped.
  template <class Function, class... Arguments>
  requires Spawnable<Function, Arguments...>
  auto spawn(Function&& function, Arguments&&... arguments) {
    using T = typename SpawnResult<Function, Arguments...>::value_type;
    OneShot<T> outcome;
    Job job = make_child<T, std::decay_t<Function>, std::decay_t<Arguments>...>(
        ChildOutcome<T>(outcome.sender()), std::forward<Function>(function),
        std::forward<Arguments>(arguments)...);
    TaskContext& task = job.context();
    add(std::move(job));
    return Child<T>(std::move(outcome), task);
  }
  template <class Function, class... Arguments>
  requires(!Spawnable<Function, Arguments...>) void spawn(Function&&, Arguments&&...) {
    refuse_to_spawn<Function, Arguments...>();
  }

  // `auto ready = co_await scope.start(serve, std::ref(listener));` Spawns `function(started,
  // arguments...)` and waits until it calls started.set(): true then, and the child goes on. With a
  // value: `co_await scope.start<Endpoint>(serve)`. Errc::closed when the child has dropped
  // `started` or ended before; Errc::canceled after a stop, and the child is told like the others.
  template <class T = void, class Function, class... Arguments>
  requires Spawnable<Function, Started<T>, Arguments...> Task<Result<T>> start(
      Function function, Arguments... arguments) {
    OneShot<T> ready;
    spawn(std::move(function), ready.sender(), std::move(arguments)...);
    co_return co_await ready.take();
  }

  // `auto spawned = co_await scope.spawn_within(8, fetch, url);` As spawn, once fewer than `limit`
  // children run; in order of arrival. Errc::canceled after a stop, and there is no child.
  template <class Function, class... Arguments>
  requires Spawnable<Function, Arguments...>
  auto spawn_within(std::size_t limit, Function&& function, Arguments&&... arguments) {
    return SpawnWithin(*this, limit,
                       make_job(std::decay_t<Function>(std::forward<Function>(function)),
                                std::decay_t<Arguments>(std::forward<Arguments>(arguments))...));
  }
  class [[nodiscard]] SpawnWithin final : public WaitQueue::Wait {
   public:
    SpawnWithin(Scope& scope, std::size_t limit, Job job) noexcept
        : WaitQueue::Wait(scope.room()), scope_(scope), limit_(limit), job_(std::move(job)) {
      require(limit != 0, "spawn_within: a limit of 0 would wait for ever");
    }

    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return begin(self.promise().context(), self,
                   [this] { return scope_.room().empty() && start_if_room(); });
    }
    Result<void> await_resume() noexcept {
      if (settle()) return {};
      return Errc::canceled;
    }

   private:
    friend class Scope;  // starts it when there is room
    bool start_if_room() noexcept {
      if (scope_.running_ >= limit_) return false;
      scope_.add(std::move(job_));
      return true;
    }

    Scope& scope_;
    std::size_t limit_;
    Job job_;
  };

  // The same for a job made elsewhere.
  void add(Job job) noexcept;

  // Asks every child to stop; not the body of with_scope. Idempotent.
  void stop() noexcept;
  // The same and the body too.
  void stop_all() noexcept;

  std::size_t running() const noexcept { return running_; }  // children, the body not counted
  bool stop_requested() const noexcept { return stopped_; }

  // `co_await scope.any_done()`: until a child has ended since the last any_done (at once if one
  // has, or if there is none). One waiter at a time. A stop request ends the wait early.
  class AnyDone final : private ReadyNode {
   public:
    explicit AnyDone(Scope& scope) noexcept : scope_(scope) {}
    ~AnyDone() {
      if (scope_.any_done_ == this) scope_.any_done_ = nullptr;
    }
    bool await_ready() const noexcept { return scope_.done_ != 0 || scope_.running_ == 0; }
    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      context_ = &self.promise().context();
      scope_.require_loop_of(*context_);
      if (context_->stop_requested()) return false;
      require(scope_.any_done_ == nullptr, *context_, "two tasks wait for any_done of one scope");
      scope_.any_done_ = this;
      context_->suspend(*this, self);
      return true;
    }
    void await_resume() const noexcept { scope_.done_ = 0; }

   private:
    friend class Scope;  // wakes it when a child ends
    void run() noexcept override { context_->resume(); }
    void stop() noexcept override { scope_.wake(scope_.any_done_); }
    const char* what() const noexcept override { return "any_done"; }
    // When the body waits, whoever joins shows the children.
    void show_tasks(TaskVisitor& visitor) override {
      if (scope_.body_ == nullptr) scope_.show_tasks(visitor);
    }

    Scope& scope_;
    TaskContext* context_ = nullptr;
  };
  AnyDone any_done() noexcept { return AnyDone(*this); }

  // `co_await scope.join()`: until body and children have ended; rethrows the first exception. A
  // stop request is passed on to all of them, and they are joined all the same.
  class Join final : private ReadyNode {
   public:
    Join(Scope& scope, Stops stops) noexcept : scope_(scope), stops_(stops) {}
    ~Join() {
      if (scope_.join_ == this) scope_.join_ = nullptr;
    }
    bool await_ready() const noexcept { return false; }
    template <TaskPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
      context_ = &self.promise().context();
      scope_.require_loop_of(*context_);
      if (context_->stop_requested()) stop();
      if (scope_.running_ == 0 && scope_.body_ == nullptr) return false;
      require(scope_.join_ == nullptr, *context_, "two tasks join one scope");
      scope_.join_ = this;
      context_->suspend(*this, self);
      return true;
    }
    void await_resume() const {
      if (scope_.failure_) [[unlikely]] {
        rethrow(std::exchange(scope_.failure_, nullptr));
      }
    }

   private:
    friend class Scope;  // wakes it when the last child ends
    void run() noexcept override { context_->resume(); }
    void stop() noexcept override {
      if (stops_ == Stops::kPassedOn) scope_.stop_all();
    }
    const char* what() const noexcept override { return "join"; }
    void show_tasks(TaskVisitor& visitor) override { scope_.show_tasks(visitor); }

    Scope& scope_;
    const Stops stops_;
    TaskContext* context_ = nullptr;
  };
  Join join(Stops stops = Stops::kPassedOn) noexcept { return Join(*this, stops); }

  // Destroys the frames of all children at once, wherever they are suspended.
  void destroy_children() noexcept;

  // Called with the first exception in place of keeping it for the join; for a loop's root scope,
  // which nobody joins.
  void on_failure(void (*handler)(void*, std::exception_ptr), void* argument) noexcept {
    failure_handler_ = handler;
    failure_argument_ = argument;
  }
  // What children that are added from now on take for their deadline.
  void set_deadline(TimePoint deadline) noexcept { deadline_ = deadline; }
  // Shows its body, if it has one, and its children.
  void show_tasks(TaskVisitor& visitor) {
    if (body_ != nullptr) visitor.visit(*body_);
    children_.for_each([&visitor](TaskContext& child) { visitor.visit(child); });
  }

  // The body of a with_scope: stopped only by a failure or from outside.
  void add_body(Job job) noexcept;

 private:
  void require_left_standing() const noexcept;
  void require_here() const noexcept;
  // Of who waits for its children.
  void require_loop_of(const TaskContext& task) const noexcept {
    require(&task.runner() == &runner_, task,
            "it waits for a scope of another loop; go back there first");
  }
  void child_ended(TaskContext& child, std::exception_ptr failure) noexcept override;
  // Those who wait in spawn_within. A base and not a member: left() needs no pointer to the scope.
  WaitQueue& room() noexcept { return *this; }
  // Starts the children for which there is room now.
  void left() noexcept override;
  template <class Node>
  void wake(Node*& waiter) noexcept {
    if (waiter == nullptr) return;
    static_cast<ReadyNode*>(waiter)->unlink();
    runner_.ready().push_back(*std::exchange(waiter, nullptr));
  }

  Runner& runner_;
  const TaskContext* parent_ = nullptr;  // nullptr: a loop's, or part of something that joins
  TimePoint deadline_ = kNever;
  List<TaskContext, SiblingTag> children_;
  TaskContext* body_ = nullptr;
  std::size_t running_ = 0;
  std::size_t done_ = 0;  // children ended since the last any_done
  AnyDone* any_done_ = nullptr;
  Join* join_ = nullptr;
  std::exception_ptr failure_;
  void (*failure_handler_)(void*, std::exception_ptr) = nullptr;
  void* failure_argument_ = nullptr;
  [[no_unique_address]] NoMutex none_;
  bool stopped_ = false;
  bool torn_down_ = false;  // its frames are being destroyed
};

// Awaits `task` and leaves its value in `*result`, which must outlive the job. The task is moved
// into the body: a coroutine's parameters outlive its promise, and the promise holds the context
// that the operations of a task need when it is destroyed while suspended.
template <class T>
Job job_into(std::optional<Stored<T>>* result, Task<T> given) {
  Task<T> task = std::move(given);
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result->emplace();
  } else {
    result->emplace(co_await std::move(task));
  }
}

template <class T, class Body>
Task<T> with_scope_of(Body body) {
  TaskContext& context = co_await this_context();
  std::optional<Stored<T>> result;
  Scope scope(context);
  scope.add_body(job_into<T>(&result, body(scope)));
  co_await scope.join();
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

// Runs `body(scope)` and joins it and all children of the scope; gives what the body returned.
// The body may hold references to the surrounding frame: it ends before this does.
template <class Body>
requires is_task_v<std::invoke_result_t<Body&, Scope&>>
auto with_scope(Body body) -> std::invoke_result_t<Body&, Scope&> {
  using T = typename std::invoke_result_t<Body&, Scope&>::value_type;
  return with_scope_of<T, Body>(std::move(body)).unnamed();
}

}  // namespace rondo
