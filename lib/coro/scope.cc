// SPDX-License-Identifier: MIT
#include "rondo/coro/scope.h"

namespace rondo {

Scope::~Scope() {
  if (running_ != 0 || body_ != nullptr) require_left_standing();
  torn_down_ = true;
  // The body last: children may refer to what it has.
  destroy_children();
  if (body_ != nullptr) std::exchange(body_, nullptr)->destroy();
}

// With children: the task that made it is suspended, and its frame is what is being destroyed.
void Scope::require_left_standing() const noexcept {
  if (parent_ == nullptr || parent_->is_suspended()) return;
  panic_about(*parent_, "it left a scope while children run in it; join the scope first");
}

void Scope::destroy_children() noexcept {
  const bool was_torn_down = std::exchange(torn_down_, true);
  while (TaskContext* child = children_.pop_front()) {
    --running_;
    child->destroy();
  }
  torn_down_ = was_torn_down;
}

void Scope::add(Job job) noexcept {
  require_here();
  TaskContext& child = job.hand_over(runner_, *this);
  child.set_deadline(deadline_);
  if (parent_ != nullptr) child.set_name(parent_->name());
  children_.push_back(child);
  ++running_;
  if (stopped_) child.stop();
  child.start();
}

void Scope::require_here() const noexcept {
  if (runner_.is_here()) [[likely]] {
    return;
  }
  const char* message = "a scope was used from another thread; post to its loop";
  parent_ == nullptr ? panic(message) : panic_about(*parent_, message);
}

void Scope::add_body(Job job) noexcept {
  body_ = &job.hand_over(runner_, *this);
  body_->set_deadline(deadline_);
  if (parent_ != nullptr) body_->set_name(parent_->name());
  body_->start();
}

void Scope::stop() noexcept {
  require_here();
  stopped_ = true;
  children_.for_each([](TaskContext& child) { child.stop(); });
}

void Scope::stop_all() noexcept {
  stop();
  if (body_ != nullptr) body_->stop();
}

void Scope::child_ended(TaskContext& child, std::exception_ptr failure) noexcept {
  const bool was_body = &child == body_;
  if (was_body) {
    body_ = nullptr;
  } else {
    --running_;
    ++done_;
  }
  // Before the child goes, so that whoever ends the process over this can name it.
  if (failure && failure_handler_ != nullptr) {
    failure_handler_(failure_argument_, std::exchange(failure, nullptr));
  }
  child.destroy();
  if (failure) {
    if (!failure_) failure_ = std::move(failure);
    stop_all();
  }
  left();
  if (!was_body) wake(any_done_);
  if (running_ == 0 && body_ == nullptr) wake(join_);
}

void Scope::left() noexcept {
  if (torn_down_) return;
  while (Wait* waiting = oldest()) {
    if (!static_cast<SpawnWithin*>(waiting)->start_if_room()) return;
    grant(*waiting);
  }
}

void rethrow(std::exception_ptr failure) {
#if defined(__cpp_exceptions)
  std::rethrow_exception(std::move(failure));
#else
  static_cast<void>(failure);
  panic("an exception reached a scope of a library built without exceptions");
#endif
}

}  // namespace rondo
