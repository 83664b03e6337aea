// SPDX-License-Identifier: MIT
#include "rondo/observe/task_tree.h"

#include "rondo/base/ready.h"
#include "rondo/coro/context.h"

namespace rondo {
namespace {

class Collector final : public TaskVisitor {
 public:
  Collector(std::vector<TaskLine>& lines, std::size_t depth) : lines_(lines), depth_(depth) {}

  void visit(TaskContext& task) override {
    ReadyNode* waits_for = task.waiting_for();
    lines_.push_back({.depth = depth_,
                      .name = task.name(),
                      .waits_for = waits_for == nullptr ? nullptr : waits_for->what(),
                      .deadline = task.deadline(),
                      .is_stopping = task.stop_requested()});
    if (waits_for == nullptr) return;
    Collector below(lines_, depth_ + 1);
    waits_for->show_tasks(below);
  }

 private:
  std::vector<TaskLine>& lines_;
  const std::size_t depth_;
};

}  // namespace

std::vector<TaskLine> task_tree(Loop& loop) {
  loop.require_thread();
  std::vector<TaskLine> lines;
  Collector top(lines, 0);
  loop.root().show_tasks(top);
  return lines;
}

std::string task_tree_text(Loop& loop, std::string_view begin) {
  std::string text;
  for (const TaskLine& line : task_tree(loop)) {
    text.append(begin).append(2 * line.depth, ' ').append(line.name).append(": ");
    text.append(line.waits_for == nullptr ? "ready" : line.waits_for);
    if (line.is_stopping) text += ", stopping";
    text += '\n';
  }
  return text;
}

}  // namespace rondo
