// SPDX-License-Identifier: MIT
#include "pattern.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace rondo::tools {

Pattern::Pattern() : bytes_(kPeriod + kLongest) {
  std::mt19937 random(1);
  std::generate_n(bytes_.begin(), kPeriod, [&] { return static_cast<std::byte>(random()); });
  for (std::size_t i = kPeriod; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - kPeriod];
}

std::optional<std::size_t> Pattern::first_wrong(
    std::uint64_t position, std::span<const std::byte> received) const noexcept {
  std::size_t done = 0;
  while (done < received.size()) {
    const auto expected = bytes(position + done, received.size() - done);
    const auto found = received.subspan(done, expected.size());
    if (std::memcmp(found.data(), expected.data(), expected.size()) != 0) {
      const auto wrong = std::mismatch(found.begin(), found.end(), expected.begin()).first;
      return done + static_cast<std::size_t>(wrong - found.begin());
    }
    done += expected.size();
  }
  return std::nullopt;
}

}  // namespace rondo::tools
