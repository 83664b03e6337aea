// SPDX-License-Identifier: MIT
// Chance, as a function of a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace rondo {

// splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
// The standard's generators would do, but not its distributions, which differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
  }

  // From 0 to bound - 1, each as likely as the others but for 1 in 2^64 / bound.
  std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }
  // From `least` to `most`, both included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
    return least + below(most - least + 1);
  }
  // True once in `times`.
  bool once_in(std::uint64_t times) noexcept { return below(times) == 0; }

  // The elements of [0, size) of a sequence in an order of chance; `swap(i, j)` exchanges two.
  template <class Swap>
  void shuffle(std::size_t size, Swap&& swap) noexcept {
    for (std::size_t i = size; i > 1; --i) swap(i - 1, static_cast<std::size_t>(below(i)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace rondo
