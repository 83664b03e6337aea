// SPDX-License-Identifier: MIT
// A bounded queue of bytes.
//
//   |      | oldest ... |      newest: after the last place comes the first
//          begin        begin + size
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

namespace rondo {

// First in, first out, in memory that somebody else owns. Copies in and out; never grows.
class ByteRing {
 public:
  explicit ByteRing(std::span<std::byte> memory) noexcept : memory_(memory) {}

  std::size_t capacity() const noexcept { return memory_.size(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t room() const noexcept { return capacity() - size_; }
  bool empty() const noexcept { return size_ == 0; }

  // Copies the beginning of `bytes`, as much as there is room for, and gives how much that was.
  std::size_t put(std::span<const std::byte> bytes) noexcept {
    const std::size_t count = std::min(bytes.size(), room());
    if (count == 0) return 0;
    const std::size_t at = place_after(size_);
    const std::size_t straight = std::min(count, capacity() - at);
    std::memcpy(memory_.data() + at, bytes.data(), straight);
    std::memcpy(memory_.data(), bytes.data() + straight, count - straight);
    size_ += count;
    return count;
  }

  // Moves the oldest bytes to the beginning of `target`, as many as there are and fit, and gives
  // how many.
  std::size_t take(std::span<std::byte> target) noexcept {
    const std::size_t count = std::min(target.size(), size_);
    if (count == 0) return 0;
    const std::size_t straight = std::min(count, capacity() - begin_);
    std::memcpy(target.data(), memory_.data() + begin_, straight);
    std::memcpy(target.data() + straight, memory_.data(), count - straight);
    size_ -= count;
    // Once empty, back to the front: small messages stay in the same few cache lines.
    begin_ = size_ == 0 ? 0 : place_after(count);
    return count;
  }

 private:
  std::size_t place_after(std::size_t count) const noexcept {
    const std::size_t to_the_end = capacity() - begin_;
    return count < to_the_end ? begin_ + count : count - to_the_end;
  }

  std::span<std::byte> memory_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace rondo
