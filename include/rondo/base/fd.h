// SPDX-License-Identifier: MIT
// An owned file descriptor.
#pragma once

#include <utility>

namespace rondo {

// Closes what it owns, once. Move-only. close(2) is never retried: on Linux the number is free
// after the call whatever it returned, EINTR included (man 2 close).
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int number) noexcept : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd taken(std::move(other));
    std::swap(number_, taken.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) close_descriptor(number_);
  }

  bool valid() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }

  // Gives the descriptor up without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  static void close_descriptor(int number) noexcept;

  int number_ = -1;
};

}  // namespace rondo
