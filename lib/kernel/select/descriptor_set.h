// SPDX-License-Identifier: MIT
// A set of descriptors below FD_SETSIZE, as pselect(2) takes it.
#pragma once

#include <sys/select.h>

#include <array>
#include <bit>
#include <climits>
#include <cstddef>

namespace rondo {

class DescriptorSet {
 public:
  static constexpr int kSize = FD_SETSIZE;

  void add(int fd) noexcept { word_of(fd) |= bit_of(fd); }
  void remove(int fd) noexcept { word_of(fd) &= ~bit_of(fd); }
  bool has(int fd) const noexcept { return (words_[index_of(fd)] & bit_of(fd)) != 0; }

  bool empty() const noexcept { return highest() < 0; }
  // The lowest member that is not below `from`; kSize if there is none.
  int next(int from) const noexcept {
    if (from >= kSize) return kSize;
    std::size_t index = index_of(from);
    Word rest = words_[index] & ~(bit_of(from) - 1);
    while (rest == 0) {
      if (++index == words_.size()) return kSize;
      rest = words_[index];
    }
    return static_cast<int>(index) * kWordBits + std::countr_zero(rest);
  }

  // The highest member; -1 if there is none.
  int highest() const noexcept {
    for (std::size_t index = words_.size(); index-- > 0;) {
      if (words_[index] == 0) continue;
      return static_cast<int>(index + 1) * kWordBits - 1 - std::countl_zero(words_[index]);
    }
    return -1;
  }

  friend DescriptorSet operator|(DescriptorSet a, const DescriptorSet& b) noexcept {
    for (std::size_t index = 0; index < a.words_.size(); ++index) {
      a.words_[index] |= b.words_[index];
    }
    return a;
  }

  fd_set* native() noexcept { return reinterpret_cast<fd_set*>(words_.data()); }

 private:
  using Word = unsigned long;  // as in the kernel's own definition of an fd_set
  static constexpr int kWordBits = sizeof(Word) * CHAR_BIT;

  static constexpr std::size_t index_of(int fd) noexcept {
    return static_cast<std::size_t>(fd) / kWordBits;
  }
  static constexpr Word bit_of(int fd) noexcept { return Word{1} << (fd % kWordBits); }
  Word& word_of(int fd) noexcept { return words_[index_of(fd)]; }

  std::array<Word, kSize / kWordBits> words_{};
  static_assert(sizeof(words_) == sizeof(fd_set) && alignof(Word) == alignof(fd_set));
};

}  // namespace rondo
