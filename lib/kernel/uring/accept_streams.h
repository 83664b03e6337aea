// SPDX-License-Identifier: MIT
// Accepting: the multishot accepts, the connections they have brought, and who waits for them.
//
// Armed by the first accept and by each later one that finds it ended. It ends by an error, which
// goes to one accept; and when kMostQueued connections wait, so that the kernel's backlog is what
// limits them. Never armed by anything but an accept: where descriptors are used up, arming fails
// at once, and would again and again.
#pragma once

#include "kernel/uring/requests.h"
#include "kernel/uring/slot_bits.h"
#include "rondo/kernel/backend.h"

namespace rondo {

class AcceptStreams {
 public:
  explicit AcceptStreams(Requests& requests) noexcept : requests_(requests) {}

  // Attempt of kAccept.
  Progress accept(Op& op) noexcept;

  // A completion of the slot's stream.
  void on_completion(Slot& slot, const Completion& completion, OpQueue& completed) noexcept;

  // Asks the slot's stream to end, if it is armed.
  void end(Slot& slot) noexcept;

 private:
  // Connections that nobody has asked for yet.
  static constexpr std::size_t kMostQueued = 64;

  void arm(Slot& slot) noexcept;
  void keep(Slot& slot, int descriptor) noexcept;

  Requests& requests_;
};

}  // namespace rondo
