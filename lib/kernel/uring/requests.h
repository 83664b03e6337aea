// SPDX-License-Identifier: MIT
// The switch that turns an Op into a submission entry, and the count of what the kernel holds.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "kernel/uring/form.h"
#include "kernel/uring/ring.h"
#include "kernel/uring/token.h"
#include "rondo/kernel/op.h"
#include "rondo/kernel/slot.h"

namespace rondo {

// Where a gather send goes on after op.done bytes.
struct GatherPosition {
  std::size_t part;    // the first that has not gone completely
  std::size_t offset;  // bytes of it that have gone
};

// nullopt when everything has gone.
std::optional<GatherPosition> position_of(const Op& gather) noexcept;

// Everything here fills in one submission entry, which the next call to the kernel submits.
// Requests count in their slot's in_flight from here to their last completion, which over() is told
// of.
class Requests {
 public:
  Requests(Ring& ring, const UringForm& form)
      : ring_(ring), form_(form), headers_(std::make_unique<msghdr[]>(ring.submission_entries())) {}

  // A request that completes once, with the Op's address as its token. The Op and what it points to
  // must stay until then. A send goes on where op.done says.
  void begin(Op& op) noexcept;

  // A send that found no room: the same, but completes when there may be some, as a poll does.
  void begin_poll_for_room(Op& op) noexcept;

  // The streams: received blocks, accepted connections. Without multishot, of one each.
  void arm_receives(Slot& slot) noexcept;
  void arm_accepts(Slot& slot) noexcept;
  // A stream of one, into a block of its own.
  void arm_receive(Slot& slot, const Block& block) noexcept;
  // Asks the slot's stream to end; more of it may still come before its last completion.
  void cancel_stream(Slot& slot, Tag stream) noexcept;

  // Asks the op's request to end; the op completes as always, maybe with a result after all.
  void cancel(Op& op) noexcept;
  // Asks everything to end; before Linux 5.19 that is refused.
  void cancel_all() noexcept;

  // Completes with Tag::kWake and the descriptor when `fd`, an eventfd or an epoll set, becomes
  // readable: each time, or once without multishot.
  void arm_wake(int fd) noexcept;
  void cancel_wake(int fd) noexcept;
  // The last completion of a request of no slot, or of one that is not to be touched, has come.
  void any_over() noexcept { --outstanding_; }

  // The last completion of one of the slot's requests has come.
  void over(Slot& slot) noexcept {
    --slot.in_flight;
    --outstanding_;
  }

  // Requests whose last completion has not come.
  std::size_t outstanding() const noexcept { return outstanding_; }

 private:
  io_uring_sqe& entry_for(Slot& slot) noexcept {
    ++slot.in_flight;
    ++outstanding_;
    return ring_.next_entry();
  }
  void prepare_gather(io_uring_sqe& entry, const Op& op) noexcept;

  Ring& ring_;
  const UringForm form_;
  std::size_t outstanding_ = 0;
  // By number of the submission entry: the kernel copies the header while it takes the entry in.
  std::unique_ptr<msghdr[]> headers_;
};

}  // namespace rondo
