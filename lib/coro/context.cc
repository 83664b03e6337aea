// SPDX-License-Identifier: MIT
#include "rondo/coro/context.h"

#include <string>
#include <thread>
#include <utility>

#include "rondo/coro/coroutine_name.h"
#include "rondo/coro/forgotten.h"

namespace rondo {

// A stop request on its way to the loop that the task is on. The task may have moved on meanwhile:
// then the request follows it; or come home, where it is known already. Allocated, because it is
// rare and a context is not.
//
//   kTravels --arrives--> kAtWork --delivered--> kOver        the task deletes it with itself
//      |  ^                  |
//      |  +-- has followed --+
//      +--the task goes--> kForgotten --arrives--> deletes itself
//
// While it is at work the task cannot go, nor be joined, so every loop that it has been on is
// there.
class TaskContext::StopMail final : public Mail {
 public:
  explicit StopMail(TaskContext& task) noexcept : task_(task) {}

  // To the runner that the task is on. False when that takes no mail.
  bool send(Runner& to) noexcept {
    here_ = &to;
    return to.post(*this);
  }

  void run() noexcept override {
    if (!leave(State::kTravels, State::kAtWork, State::kForgotten)) return delete this;
    // Acquire: it may be on its way here still, and be running no longer where it was.
    Runner* where = task_.runner_.load(std::memory_order_acquire);
    if (where == here_ || where == task_.home_) {
      if (where == here_ && task_.waiting_ != nullptr) task_.waiting_->stop();
      state_.store(State::kOver, std::memory_order_release);  // from here on it may be gone
      return;
    }
    const bool sent = send(*where);
    state_.store(State::kTravels, std::memory_order_release);
    require(sent, "a task is on a loop that takes no more mail");
  }

  // The task goes, on its home thread.
  void forget() noexcept {
    if (!leave(State::kTravels, State::kForgotten, State::kOver)) delete this;
  }

 private:
  enum class State { kTravels, kAtWork, kOver, kForgotten };

  // From one state to another; false when it is in the third. Waits for a run() that is at work on
  // another thread, which waits for nobody: some instructions, and perhaps a wake.
  bool leave(State from, State to, State instead) noexcept {
    for (;;) {
      State found = from;
      if (state_.compare_exchange_weak(found, to, std::memory_order_acq_rel)) return true;
      if (found == instead) return false;
      if (found != from) std::this_thread::yield();
    }
  }

  TaskContext& task_;
  Runner* here_ = nullptr;  // where it is, or was sent
  std::atomic<State> state_{State::kTravels};
};

void TaskContext::forget_stop_mail() noexcept { stop_mail_->forget(); }

void TaskContext::stop() noexcept {
  if (stop_.exchange(true, std::memory_order_relaxed)) return;
  // Acquire: on its way home, it counts as here before its mail has arrived.
  Runner& where = *runner_.load(std::memory_order_acquire);
  if (&where == home_) {
    if (waiting_ != nullptr) waiting_->stop();
    return;
  }
  stop_mail_ = new StopMail(*this);
  if (!stop_mail_->send(where)) delete std::exchange(stop_mail_, nullptr);
}

// A stop request that comes from home at the same time finds that there has been one, or travels
// here; in both cases what is waited for is stopped, here.
void TaskContext::stop_visit() noexcept {
  if (stop_.exchange(true, std::memory_order_relaxed)) return;
  if (waiting_ != nullptr) waiting_->stop();
}

bool TaskContext::move_to(Runner& target, std::coroutine_handle<> leaf) noexcept {
  Runner& source = runner();
  source.forget_running();
  suspended_ = leaf;
  waiting_ = nullptr;
  Visitor::unlink();
  // Before the post: afterwards the task may already be running over there.
  runner_.store(&target, std::memory_order_release);
  if (target.post(*this)) return true;
  runner_.store(&source, std::memory_order_relaxed);
  source.ready().push_back(*this);
  return false;
}

void TaskContext::end(std::exception_ptr failure) noexcept {
  failure_ = std::move(failure);
  ended_ = true;
  if (!is_away()) {
    home_->ready().push_back(*this);
    return;
  }
  Visitor::unlink();
  runner().forget_running();
  runner_.store(home_, std::memory_order_release);
  require(home_->post(*this), "a task ended after its home loop had been destroyed");
}

void TaskContext::arrive() noexcept {
  Runner& here = runner();
  here.visitors().push_back(*this);
  if (here.stops_visitors()) stop_visit();
}

void TaskContext::run() noexcept {
  if (!ended_) {
    if (is_away() && !Visitor::linked()) arrive();
    resume();
    return;
  }
  home_->set_running(*this);  // what its frame has goes now
  joiner_->child_ended(*this, std::move(failure_));
}

void TaskContext::require_home() const noexcept {
  require(!is_away(), *this, "a task that is on another loop can only be joined, not destroyed");
}

void TaskContext::destroy() noexcept {
  require_home();
  Runner& home = *home_;
  {
    const FrameTeardown teardown;
    frame_.destroy();
  }
  if (home.running() == this) home.forget_running();
}

std::string name_of(const TaskContext& task) { return coroutine_name(task.name()); }

std::string in_words(const TaskContext& task) { return "task '" + name_of(task) + "'"; }

void panic_about(const TaskContext& task, const char* message,
                 std::source_location where) noexcept {
  panic_about(in_words(task), message, where);
}

void panic_about(const TaskContext& task, const char* what, const char* fate) noexcept {
  const std::string message = std::string("the ") + what + " that it waits for was " + fate;
  panic_about(task, message.c_str());
}

}  // namespace rondo
