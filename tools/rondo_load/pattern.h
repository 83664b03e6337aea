// SPDX-License-Identifier: MIT
// The content of every stream: which byte stands at which position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace rondo::tools {

// Random bytes with a prime period, so that bytes which were lost, doubled or swapped in blocks of
// any usual size do not fit where they come out. Each stream begins elsewhere in the period: what
// belongs to another connection does not fit either.
class Pattern {
 public:
  // A longest piece of content that bytes() gives at once.
  static constexpr std::size_t kLongest = 256 * 1024;

  Pattern();

  // The first position of the stream of connection `index`.
  static constexpr std::uint64_t start_of(std::size_t index) noexcept {
    return index * std::uint64_t{2'654'435'761} % kPeriod;
  }

  // The content from `position` on: `count` bytes, at most kLongest.
  std::span<const std::byte> bytes(std::uint64_t position, std::size_t count) const noexcept {
    return {bytes_.data() + position % kPeriod, count < kLongest ? count : kLongest};
  }

  // Where `received`, which came from `position` on, is not what it should be.
  std::optional<std::size_t> first_wrong(std::uint64_t position,
                                         std::span<const std::byte> received) const noexcept;

 private:
  static constexpr std::size_t kPeriod = 4093;  // small enough to stay in the first-level cache

  std::vector<std::byte> bytes_;
};

}  // namespace rondo::tools
