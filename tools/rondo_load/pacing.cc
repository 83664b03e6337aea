// SPDX-License-Identifier: MIT
#include "pacing.h"

#include <algorithm>
#include <cmath>

#include "rondo/io/sleep.h"

namespace rondo::tools {

class ClosedLoop::Wait final : private ReadyNode {
 public:
  explicit Wait(ClosedLoop& loop) noexcept : loop_(loop) {}
  ~Wait() {
    if (loop_.waiting_ == this) loop_.waiting_ = nullptr;
  }

  bool await_ready() const noexcept { return loop_.given_ < loop_.started_ || loop_.complete(); }
  template <TaskPromise Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
    context_ = &self.promise().context();
    if (context_->stop_requested()) return false;
    loop_.waiting_ = this;
    context_->suspend(*this, self);
    return true;
  }
  void await_resume() const noexcept {}

  void wake() noexcept { context_->runner().ready().push_back(*this); }

 private:
  void run() noexcept override { context_->resume(); }
  void stop() noexcept override { loop_.wake(); }
  const char* what() const noexcept override { return "answers"; }

  ClosedLoop& loop_;
  TaskContext* context_ = nullptr;
};

ClosedLoop::ClosedLoop(const Window& window, std::size_t depth) : window_(window), starts_(depth) {
  start(depth, window.start);
}

Task<std::uint64_t> ClosedLoop::next() {
  co_await Wait(*this);
  const std::uint64_t count = started_ - given_;
  given_ = started_;
  co_return count;
}

void ClosedLoop::answered(std::uint64_t count, TimePoint now) noexcept {
  answered_ += count;
  if (now < window_.end) {
    start(count, now);
    wake();
  } else {
    ended_ = true;
    if (complete()) wake();
  }
}

void ClosedLoop::start(std::uint64_t count, TimePoint now) noexcept {
  for (; count > 0; --count) starts_[started_++ % starts_.size()] = now;
}

void ClosedLoop::wake() noexcept {
  if (waiting_ != nullptr) std::exchange(waiting_, nullptr)->wake();
}

TimePoint Schedule::due(std::size_t connection, std::uint64_t request) const noexcept {
  const auto number = static_cast<double>(request * connections_ + connection);
  return window_.start + Duration(std::llround(number * 1e9 / rate_));
}

std::uint64_t Schedule::due_before(std::size_t connection, TimePoint when) const noexcept {
  const double numbers = static_cast<double>((when - window_.start).count()) * rate_ / 1e9;
  const double guess =
      (numbers - static_cast<double>(connection)) / static_cast<double>(connections_);
  // Rounding may have put the guess beside the truth, which is what due() says.
  auto count = static_cast<std::uint64_t>(std::max(guess, 0.0));
  while (count > 0 && due(connection, count - 1) >= when) --count;
  while (due(connection, count) < when) ++count;
  return count;
}

Task<std::uint64_t> OpenLoop::next() {
  if (given_ >= total_) co_return 0;
  TimePoint now = Clock::monotonic().now();
  while (now < start_of(given_)) {
    auto slept = co_await sleep_until(start_of(given_));
    if (!slept) co_return 0;
    now = Clock::monotonic().now();
  }
  std::uint64_t due = given_;
  for (; due < total_ && start_of(due) <= now; ++due) {
    if (schedule_.window().measures(start_of(due))) late_.record(now - start_of(due));
  }
  co_return due - std::exchange(given_, due);
}

}  // namespace rondo::tools
