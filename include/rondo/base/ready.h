// SPDX-License-Identifier: MIT
// What can become ready to run, and the queue of what has.
#pragma once

#include <cstddef>

#include "rondo/base/clock.h"
#include "rondo/base/list.h"

namespace rondo {

class TaskContext;

// Is shown tasks, one after the other.
class TaskVisitor {
 public:
  virtual void visit(TaskContext& task) = 0;

 protected:
  ~TaskVisitor() = default;
};

// More about a wait, for people.
struct WaitDetails {
  int descriptor = -1;       // on which it waits
  std::size_t bytes = 0;     // still to be moved
  TimePoint until = kNever;  // when it will be over
};

// Something that a coroutine waits for, or that is to run once: an operation, a timer, a mail.
// While it waits, its owner (a backend, the timers, a scope) knows it; once ready it is in a
// ReadyQueue. It lives where it was made (mostly in a coroutine frame), so it never moves.
class ReadyNode : public ListNode<> {
 public:
  // Its turn has come. Called by the Runner alone, on the loop's thread, after the node has been
  // taken out of the queue; the node may be gone when this returns.
  virtual void run() noexcept = 0;

  // Fetches into the cache what run() will touch elsewhere; changes nothing.
  virtual void prefetch() const noexcept {}

  // Is asked to end early: by a stop request, on the loop's thread. It becomes ready exactly once
  // all the same, and says itself whether it was cut short. Never resumes anybody in the call.
  virtual void stop() noexcept {}

  // A word for people who ask what a task waits for: "receive", "sleep", "join".
  virtual const char* what() const noexcept { return "ready"; }

  // Fills in what is known of it.
  virtual void describe(WaitDetails&) const noexcept {}

  // Shows the tasks that it waits for, if it is for tasks that it waits.
  virtual void show_tasks(TaskVisitor&) {}

 protected:
  ~ReadyNode() { unlink(); }
};

using ReadyQueue = List<ReadyNode>;

}  // namespace rondo
