// SPDX-License-Identifier: MIT
#include "loop/foreign_slots.h"

namespace rondo {

Slot* ForeignSlots::take(int fd, SlotTable& slots) noexcept {
  auto [place, fresh] = by_fd_.try_emplace(fd, Entry{nullptr, 0});
  if (fresh) {
    Slot* slot = slots.take(fd);
    if (slot == nullptr) {
      by_fd_.erase(place);
      return nullptr;
    }
    slot->set(kSlotForeign);
    slot->trigger = Trigger::kLevel;
    place->second.slot = slot;
  }
  ++place->second.users;
  return place->second.slot;
}

bool ForeignSlots::give_back(Slot& slot) noexcept {
  const auto place = by_fd_.find(slot.fd);
  if (--place->second.users != 0) return false;
  by_fd_.erase(place);
  return true;
}

}  // namespace rondo
