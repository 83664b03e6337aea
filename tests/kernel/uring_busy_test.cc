// SPDX-License-Identifier: MIT
// Kernels before 5.19 take no request while completions overflow (EBUSY). Told to the ring by a
// syscall(2) of our own, since this kernel does not.
#include <dlfcn.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "kernel/uring/ring.h"
#include "kernel/uring/token.h"

namespace {

// Whether io_uring_enter is refused with EBUSY.
std::function<bool()> is_busy;

}  // namespace

extern "C" long syscall(long number, ...) noexcept {
  using Function = long (*)(long, ...);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "syscall"));
  if (number == __NR_io_uring_enter && is_busy && is_busy()) {
    errno = EBUSY;
    return -1;
  }
  va_list arguments;
  va_start(arguments, number);
  long values[6];
  for (long& value : values) value = va_arg(arguments, long);
  va_end(arguments);
  return real(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

namespace rondo {
namespace {

class UringBusy : public testing::Test {
 protected:
  void SetUp() override {
    auto created = Ring::create({.rung = UringRung::kPlain, .submissions = 4, .completions = 64});
    ASSERT_TRUE(created.ok()) << created.status();
    ring_ = *std::move(created);
    ASSERT_TRUE(ring_->enable().ok());
    is_busy = [this] { return *ring_->native().cq.khead != *ring_->native().cq.ktail; };
  }
  void TearDown() override { is_busy = nullptr; }

  void request() {
    io_uring_sqe& entry = ring_->next_entry();
    ::io_uring_prep_nop(&entry);
    entry.user_data = ++requested_ << 3;
  }
  unsigned reap() {
    return ring_->reap(1000, [this](const Completion& completion) {
      seen_.push_back(completion.token >> 3);
      if (requested_ < most_) request();
    });
  }
  void expect_each_once_in_order(std::uint64_t count) {
    ASSERT_EQ(seen_.size(), count);
    for (std::uint64_t i = 0; i < count; ++i) EXPECT_EQ(seen_[i], i + 1);
  }

  std::unique_ptr<Ring> ring_;
  std::vector<std::uint64_t> seen_;
  std::uint64_t requested_ = 0;
  std::uint64_t most_ = 0;  // requests that are made while completions are looked at
};

TEST_F(UringBusy, more_requests_than_fit_are_taken_although_completions_wait) {
  for (int i = 0; i < 40; ++i) request();
  EXPECT_TRUE(ring_->has_completions());
  while (ring_->pending() > 0 || ring_->has_completions()) {
    reap();
    ring_->enter(Duration(0));
  }
  expect_each_once_in_order(40);
}

TEST_F(UringBusy, requests_that_are_made_while_completions_are_looked_at_lose_none) {
  most_ = 100;
  for (int i = 0; i < 10; ++i) request();
  while (ring_->pending() > 0 || ring_->has_completions()) {
    reap();
    ring_->enter(Duration(0));
  }
  expect_each_once_in_order(100);
}

}  // namespace
}  // namespace rondo
