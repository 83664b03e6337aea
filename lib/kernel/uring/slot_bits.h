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

}  // namespace rondo
