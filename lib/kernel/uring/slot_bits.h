// SPDX-License-Identifier: MIT
// Bits of Slot::bits for io_uring.
#pragma once

#include <cstdint>

#include "rondo/kernel/slot.h"

namespace rondo {

// The kernel holds the slot's stream: its last completion has not come.
inline constexpr std::uint16_t kSlotArmed = 1 << (kSlotBackendShift + 0);
// The stream was asked to end.
inline constexpr std::uint16_t kSlotEnding = 1 << (kSlotBackendShift + 1);
// Everything on the slot was asked to end; it is closed when nothing is in flight any more.
inline constexpr std::uint16_t kSlotCloseBegun = 1 << (kSlotBackendShift + 2);
// The writer's send found no room: what the kernel holds is a poll for it.
inline constexpr std::uint16_t kSlotPolled = 1 << (kSlotBackendShift + 3);
// The same, but the descriptor is in the RoomWatch, and the kernel holds nothing.
inline constexpr std::uint16_t kSlotWatched = 1 << (kSlotBackendShift + 4);

}  // namespace rondo
