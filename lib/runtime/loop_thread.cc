// SPDX-License-Identifier: MIT
#include "rondo/runtime/loop_thread.h"

#include <string>
#include <utility>

#include "rondo/base/assert.h"
#include "rondo/runtime/cpus.h"
#include "runtime/start_thread.h"

namespace rondo {

absl::StatusOr<std::unique_ptr<LoopThread>> LoopThread::start(LoopThreadOptions options) {
  std::unique_ptr<LoopThread> self(new LoopThread);
  self->stopped_ = self->has_stopped_.get_future().share();
  std::promise<absl::StatusOr<Loop*>> created;
  auto loop = created.get_future();
  auto thread = start_thread(&LoopThread::run, self.get(), std::move(options), std::move(created));
  if (!thread.ok()) return thread.status();
  self->thread_ = std::move(*thread);
  auto opened = loop.get();
  if (!opened.ok()) return opened.status();
  self->loop_ = *opened;
  return self;
}

LoopThread::~LoopThread() {
  if (loop_ != nullptr) {
    stop();
    require(loop_->post(end_), "the loop of a LoopThread ended before it");
  }
  if (thread_.joinable()) thread_.join();
}

void LoopThread::wait_until_stopped() { stopped_.wait(); }

void LoopThread::run(LoopThreadOptions options, std::promise<absl::StatusOr<Loop*>> created) {
  name_thread(options.name);
  if (options.cpu) {
    auto pinned = pin_to_cpu(*options.cpu);
    if (!pinned) {
      return created.set_value(absl::InvalidArgumentError(options.name + ": CPU " +
                                                          std::to_string(*options.cpu) + ": " +
                                                          pinned.error().message()));
    }
  }
  auto loop = Loop::create(std::move(options.loop));
  if (!loop.ok()) return created.set_value(loop.status());
  created.set_value(loop->get());
  (*loop)->run_until_stopped();
  has_stopped_.set_value();
  (*loop)->run_while(end_.lives);
  (*loop)->run_until_stopped();
}

}  // namespace rondo
