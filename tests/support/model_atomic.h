// SPDX-License-Identifier: MIT
// An atomic whose operations the Interleaver puts in every order.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "support/interleave.h"

namespace rondo {

// Stands in for std::atomic inside a World.
template <class T>
class ModelAtomic {
 public:
  ModelAtomic(T value) : bits_(to_bits(value)) {}  // NOLINT: as std::atomic
  ModelAtomic(const ModelAtomic&) = delete;
  ModelAtomic& operator=(const ModelAtomic&) = delete;

  template <class... Order>
  T load(Order...) const {
    before(true);
    return after(bits_, true);
  }
  template <class... Order>
  void store(T value, Order...) {
    before();
    bits_ = to_bits(value);
    after(0);
  }
  template <class... Order>
  T exchange(T value, Order...) {
    before();
    return after(std::exchange(bits_, to_bits(value)));
  }
  template <class... Order>
  T fetch_add(T value, Order...) {
    before();
    return after(std::exchange(bits_, to_bits(static_cast<T>(from_bits(bits_) + value))));
  }
  template <class... Order>
  bool compare_exchange_strong(T& expected, T desired, Order...) {
    before();
    const std::uint64_t seen = bits_;
    const bool same = seen == to_bits(expected);
    if (same) bits_ = to_bits(desired);
    expected = after(seen);
    return same;
  }
  template <class... Order>
  bool compare_exchange_weak(T& expected, T desired, Order...) {
    return compare_exchange_strong(expected, desired);
  }
  // Blocks until it is not zero.
  void wait_for_nonzero() { Interleaver::current().wait_for_nonzero(bits_); }

 private:
  static std::uint64_t to_bits(T value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    return bits;
  }
  static T from_bits(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }
  void before(bool plain_load = false) const { Interleaver::current().before(bits_, plain_load); }
  T after(std::uint64_t seen, bool plain_load = false) const {
    Interleaver::current().after(bits_, seen, plain_load);
    return from_bits(seen);
  }

  std::uint64_t bits_;
};

}  // namespace rondo
