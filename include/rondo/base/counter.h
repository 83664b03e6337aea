// SPDX-License-Identifier: MIT
// A count that one thread keeps and every thread may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace rondo {

// Written by one thread, with plain loads and stores instead of a locked instruction; read by any.
// A reader sees each value whole, and those of several counters as they come. A copy is a reading.
class Counter {
 public:
  constexpr Counter(std::uint64_t value = 0) noexcept : value_(value) {}  // NOLINT: it is a number
  Counter(const Counter& other) noexcept : value_(static_cast<std::uint64_t>(other)) {}
  Counter& operator=(const Counter& other) noexcept {
    return *this = static_cast<std::uint64_t>(other);
  }
  Counter& operator=(std::uint64_t value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

  operator std::uint64_t() const noexcept {  // NOLINT: it is a number
    return value_.load(std::memory_order_relaxed);
  }
  Counter& operator+=(std::uint64_t more) noexcept { return *this = *this + more; }
  Counter& operator++() noexcept { return *this += 1; }

 private:
  std::atomic<std::uint64_t> value_;
};

}  // namespace rondo
