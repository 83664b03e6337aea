// SPDX-License-Identifier: MIT
// epoll: edge-triggered, level-triggered or one-shot (man 7 epoll).
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "kernel/readiness/readiness_backend.h"
#include "kernel/readiness/wake_event.h"
#include "rondo/base/fd.h"

namespace rondo {

struct EpollOptions {
  Trigger trigger = Trigger::kEdge;  // of slots that do not choose for themselves
};

// An epoll set and an eventfd. Edge-triggered descriptors are registered once, for everything, and
// never touched again. One-shot ones are disarmed by the kernel with each event, and armed again by
// the next operation that has to wait: one call per wait, and silence in between, for descriptors
// that are handled elsewhere meanwhile. Listeners are level-triggered in every mode: edges would
// need an accept that finds nothing after every burst, shots a call for every connection.
//
// An event names its slot by index and generation, so an event of a descriptor that is gone reaches
// nobody. Such an event means that a copy of the descriptor lives on somewhere (a forked child),
// and a level-triggered one would come for ever: the set is then built anew.
class EpollBackend final : public ReadinessBackend {
 public:
  static absl::StatusOr<std::unique_ptr<Backend>> create(const EpollOptions& options);

  void wake() noexcept override { wake_.signal(); }
  int poll_fd() const noexcept override;

 private:
  EpollBackend(const EpollOptions& options, Fd epoll, WakeEvent wake);

  void apply(Slot& slot) noexcept override;
  void drop(Slot& slot) noexcept override;
  void wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept override;
  std::uint16_t mode_of(const Slot& slot) const noexcept override;
  void tell_host() noexcept override {
    if (host_.valid()) wake_.signal();
  }

  int wait_for_events(int capacity, Duration limit) noexcept;
  void rebuild() noexcept;
  void show_to_host() const noexcept;

  const Trigger trigger_;
  Fd epoll_;
  // What a host polls: a set with nothing in it but the one above, which may be made anew.
  mutable Fd host_;
  WakeEvent wake_;
  std::vector<epoll_event> events_;
  bool has_pwait2_ = true;  // until the kernel says otherwise
};

}  // namespace rondo
