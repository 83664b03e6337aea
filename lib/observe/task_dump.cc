// SPDX-License-Identifier: MIT
#include "rondo/observe/task_dump.h"

#include <utility>

#include "rondo/loop/borrow.h"

namespace rondo {

TaskDump::TaskDump() noexcept = default;
TaskDump::~TaskDump() = default;

absl::StatusOr<std::unique_ptr<TaskDump>> TaskDump::on_signal(int number,
                                                              std::vector<NamedLoop> loops,
                                                              Sink sink) {
  std::unique_ptr<TaskDump> dump(new TaskDump);
  dump->loops_ = std::move(loops);
  dump->sink_ = std::move(sink);
  auto signals = Signals::open({number});
  if (!signals.ok()) return signals.status();
  dump->signals_ = std::move(*signals);
  auto thread = LoopThread::start(
      {.name = "rondo-dump", .cpu = {}, .loop = {.backend = BackendKind::kEpoll}});
  if (!thread.ok()) return thread.status();
  dump->thread_ = std::move(*thread);
  const auto watch = [](TaskDump& self) -> Task<> {
    for (;;) {
      auto came = co_await self.signals_->next();
      if (!came) co_return;
      self.sink_(to_text(task_trees(self.loops_), self.loops_));
    }
  };
  spawn_on(dump->thread_->loop(), watch, borrow(*dump));
  return dump;
}

}  // namespace rondo
