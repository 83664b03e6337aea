// SPDX-License-Identifier: MIT
// Whether this is still the process in which something was made.
#pragma once

namespace rondo {

// A page that the kernel wipes in the child of a fork, so that asking is one load. What shares its
// kernel queue with the parent must not be used there: both would take the other one's events.
class ForkGuard {
 public:
  ForkGuard() noexcept;
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;
  ~ForkGuard();

  // False when it cannot be known (no such advice in the kernel, no memory).
  bool in_child() const noexcept { return page_ != nullptr && *page_ == 0; }

 private:
  unsigned char* page_ = nullptr;  // 1 in the process that made it
};

}  // namespace rondo
