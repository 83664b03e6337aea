// SPDX-License-Identifier: MIT
// Descriptors of others that tasks of a loop wait on.
#pragma once

#include "absl/container/flat_hash_map.h"
#include "rondo/kernel/slot.h"

namespace rondo {

// Those who wait on one descriptor share its slot.
class ForeignSlots {
 public:
  // nullptr when memory is out.
  Slot* take(int fd, SlotTable& slots) noexcept;
  // Whether nobody is left who waits on it.
  bool give_back(Slot& slot) noexcept;

 private:
  struct Entry {
    Slot* slot;
    std::size_t users;
  };

  absl::flat_hash_map<int, Entry> by_fd_;
};

}  // namespace rondo
