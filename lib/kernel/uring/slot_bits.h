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
// The writer waits in the RoomWatch; the kernel holds nothing of it.
inline constexpr std::uint16_t kSlotWatched = 1 << (kSlotBackendShift + 4);
// A poll for room told only that the peer has finished sending, as every later one would.
inline constexpr std::uint16_t kSlotPeerDone = 1 << (kSlotBackendShift + 5);

}  // namespace rondo
