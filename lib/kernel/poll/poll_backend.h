// SPDX-License-Identifier: MIT
// poll: level-triggered, everywhere, any number of descriptors (man 2 poll).
#pragma once

#include <poll.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/readiness/readiness_backend.h"
#include "kernel/readiness/wake_event.h"

namespace rondo {

// An array for the kernel and beside it the slots that its entries belong to; the first entry is
// the wake event.
//
//   entries_:  | wake | fd events revents | fd events revents | ...     dense: it is passed as it
//   is watched_:  |  -   |       Slot*       |       Slot*       | ...     slot.interest: the place
//
// A descriptor comes in at the end, and the last one takes the place of one that goes, so that both
// take constant time. The kernel looks at every entry in every call.
class PollBackend final : public ReadinessBackend {
 public:
  static absl::StatusOr<std::unique_ptr<Backend>> create();

  void wake() noexcept override { wake_.signal(); }
  // The kernel keeps nothing between two calls that could be readable.
  int poll_fd() const noexcept override { return -1; }

 private:
  explicit PollBackend(WakeEvent wake);

  void apply(Slot& slot) noexcept override;
  void drop(Slot& slot) noexcept override;
  void wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept override;

  int wait_for_events(Duration limit) noexcept;
  int ask_in_pieces(Duration limit) noexcept;
  void report(std::size_t count, OpQueue& completed) noexcept;

  WakeEvent wake_;
  std::vector<pollfd> entries_;
  std::vector<Slot*> watched_;
  std::size_t next_ = 1;  // where the last turn was cut short, so that its bound favours nobody
};

}  // namespace rondo
