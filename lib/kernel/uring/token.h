// SPDX-License-Identifier: MIT
// What a request is told apart by in its completion: an address, and in its low bits what is there.
#pragma once

#include <cstdint>

#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {

enum class Tag : std::uint64_t {
  kOp = 0,            // Op*: a request that completes once
  kReceives = 1,      // Slot*: its stream of received blocks
  kAccepts = 2,       // Slot*: its stream of accepted connections
  kStreamCancel = 3,  // Slot*: asks one of those streams to end
  kWake = 4,          // a descriptor: the eventfd or the room watch has become readable
  kIgnored = 5,       // nothing: a request whose outcome shows elsewhere
  kTimer = 6,         // a number: the end of a wait, of Ring's own
  kOpCancel = 7,      // Slot*: asks a request on it to end
};

inline constexpr std::uint64_t kTagMask = 7;
static_assert(alignof(Op) > kTagMask && alignof(Slot) > kTagMask);

inline std::uint64_t token_of(Op& op) noexcept { return reinterpret_cast<std::uint64_t>(&op); }
inline std::uint64_t token_of(Slot& slot, Tag tag) noexcept {
  return reinterpret_cast<std::uint64_t>(&slot) | static_cast<std::uint64_t>(tag);
}
inline constexpr std::uint64_t token_of(Tag tag) noexcept {
  return static_cast<std::uint64_t>(tag);
}

// kWake and which descriptor it is that woke.
inline std::uint64_t wake_token_of(int fd) noexcept {
  return static_cast<std::uint64_t>(fd) << 3 | token_of(Tag::kWake);
}
inline int wake_fd_of(std::uint64_t token) noexcept { return static_cast<int>(token >> 3); }

inline Tag tag_of(std::uint64_t token) noexcept { return static_cast<Tag>(token & kTagMask); }
// Whether the request is one of those that Requests counts.
inline bool is_counted(std::uint64_t token) noexcept {
  return tag_of(token) != Tag::kIgnored && tag_of(token) != Tag::kTimer;
}
inline Op& op_of(std::uint64_t token) noexcept { return *reinterpret_cast<Op*>(token); }
inline Slot& slot_of(std::uint64_t token) noexcept {
  return *reinterpret_cast<Slot*>(token & ~kTagMask);
}

}  // namespace rondo
