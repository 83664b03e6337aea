// SPDX-License-Identifier: MIT
#include "rondo/observe/task_tree.h"

#include <chrono>
#include <cstdio>

#include "rondo/base/ready.h"
#include "rondo/coro/context.h"
#include "rondo/coro/coroutine_name.h"
#include "rondo/coro/task.h"

namespace rondo {
namespace {

// From the innermost to the outermost, but for what no user wrote: the job around it, and what the
// library's own combinators stand around. Every
// promise begins with its TaskPromiseBase and none is over-aligned, so all lie at the same place.
std::vector<std::source_location> coroutines_of(const TaskContext& task) {
  std::vector<std::source_location> found;
  if (!task.is_suspended()) return found;
  for (std::coroutine_handle<> frame = task.suspended(); frame != task.outermost();) {
    const TaskPromiseBase& promise =
        std::coroutine_handle<TaskPromiseBase>::from_address(frame.address()).promise();
    if (promise.where().line() != 0) found.push_back(promise.where());
    frame = promise.continuation();
  }
  return found;
}

class Collector final : public TaskVisitor {
 public:
  explicit Collector(std::vector<TaskLine>& lines) : lines_(lines) {}

  void visit(TaskContext& task) override {
    if (task.has_come_home()) {
      add(task, false);
      return;
    }
    // Its fields are another thread's.
    lines_.push_back({.depth = depth_,
                      .name = name_of(task),
                      .state = TaskState::kAway,
                      .deadline = task.deadline(),
                      .is_stopping = task.stop_requested(),
                      .elsewhere = &task.runner()});
  }

  void add(TaskContext& task, bool is_visitor) {
    ReadyNode* waits_for = task.waiting_for();
    TaskLine& line = lines_.emplace_back();
    line.depth = depth_;
    line.is_visitor = is_visitor;
    line.name = name_of(task);
    line.deadline = task.deadline();
    line.is_stopping = task.stop_requested();
    line.coroutines = coroutines_of(task);
    if (task.has_ended()) line.state = TaskState::kEnded;
    if (waits_for == nullptr) return;
    WaitDetails details;
    waits_for->describe(details);
    line.state = TaskState::kWaiting;
    line.waits_for = waits_for->what();
    line.since = task.waiting_since();
    line.descriptor = details.descriptor;
    line.bytes = details.bytes;
    line.until = details.until;
    ++depth_;
    waits_for->show_tasks(*this);
    --depth_;
  }

 private:
  std::vector<TaskLine>& lines_;
  std::size_t depth_ = 0;
};

std::string seconds(Duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(time).count());
  return text;
}

std::string place_of(const std::source_location& where) {
  const std::string_view file = where.file_name();
  return std::string(file.substr(file.rfind('/') + 1)) + ':' + std::to_string(where.line());
}

std::string state_text(const TaskLine& line) {
  switch (line.state) {
    case TaskState::kReady:
      return "ready";
    case TaskState::kWaiting:
      return line.waits_for;
    case TaskState::kAway:
      return "on another loop";
    case TaskState::kEnded:
      return "ended";
  }
  return "";
}

}  // namespace

std::vector<TaskLine> task_tree(Loop& loop) {
  loop.require_thread();
  std::vector<TaskLine> lines;
  Collector collector(lines);
  loop.root().show_tasks(collector);
  loop.visitors().for_each(
      [&](Visitor& visitor) { collector.add(static_cast<TaskContext&>(visitor), true); });
  return lines;
}

std::string to_text(const TaskLine& line, TimePoint now) {
  std::string text(2 * line.depth, ' ');
  text.append(line.name).append(": ").append(state_text(line));
  if (line.descriptor >= 0) text.append(", fd ").append(std::to_string(line.descriptor));
  if (line.bytes != 0) text.append(", ").append(std::to_string(line.bytes)).append(" bytes to go");
  if (line.state == TaskState::kWaiting && line.since != TimePoint()) {
    text.append(", for ").append(seconds(now - line.since));
  }
  if (line.until != kNever) text.append(", until in ").append(seconds(line.until - now));
  if (line.deadline != kNever) text.append(", deadline in ").append(seconds(line.deadline - now));
  if (line.is_stopping) text += ", stopping";
  if (line.is_visitor) text += ", of another loop";
  if (!line.coroutines.empty()) text.append(", at ").append(place_of(line.coroutines.front()));
  return text;
}

std::string task_tree_text(Loop& loop, std::string_view begin) {
  const TimePoint now = loop.now();
  std::string text;
  for (const TaskLine& line : task_tree(loop)) {
    text.append(begin).append(to_text(line, now)) += '\n';
  }
  return text;
}

std::string stack_text(const TaskLine& line, std::string_view begin) {
  std::string text;
  std::size_t number = 0;
  for (const std::source_location& where : line.coroutines) {
    text.append(begin).append("#").append(std::to_string(number++)).append(" ");
    text.append(coroutine_name(where.function_name())).append(" at ").append(place_of(where));
    text += '\n';
  }
  return text;
}

}  // namespace rondo
