// SPDX-License-Identifier: MIT
// epoll, edge- or level-triggered (man 7 epoll).
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/readiness/readiness_backend.h"
#include "rondo/base/fd.h"

namespace rondo {

struct EpollOptions {
  Trigger trigger = Trigger::kEdge;  // of slots that do not choose for themselves
};

// An epoll set and an eventfd. Edge-triggered descriptors are registered once, for everything, and
// never touched again; level-triggered ones for reading as long as somebody reads, and for writing
// only after a short write. Changes are gathered and flushed once before the wait.
//
// An event names its slot by index and generation, so an event of a descriptor that is gone reaches
// nobody. Such an event means that a copy of the descriptor lives on somewhere (a forked child),
// and a level-triggered one would come for ever: the set is then built anew.
class EpollBackend final : public ReadinessBackend {
 public:
  static absl::StatusOr<std::unique_ptr<Backend>> create(const EpollOptions& options);

  void wake() noexcept override;
  int poll_fd() const noexcept override { return epoll_.number(); }

 private:
  EpollBackend(const EpollOptions& options, Fd epoll, Fd event);

  void interest_changed(Slot& slot) noexcept override;
  void forget(Slot& slot) noexcept override;
  void wait(OpQueue& completed, const TurnLimits& limits) noexcept override;

  void flush_changes() noexcept;
  void apply(Slot& slot) noexcept;
  int wait_for_events(int capacity, Duration wait) noexcept;
  void rebuild() noexcept;

  Fd epoll_;
  Fd event_;
  List<Slot> changed_;
  std::vector<epoll_event> events_;
  bool has_pwait2_ = true;  // until the kernel says otherwise
};

}  // namespace rondo
