// SPDX-License-Identifier: MIT
// select: level-triggered, everywhere, descriptors below FD_SETSIZE only (man 2 select).
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "kernel/readiness/readiness_backend.h"
#include "kernel/readiness/wake_event.h"
#include "kernel/select/descriptor_set.h"

namespace rondo {

// Two sets of what is watched, copied for each call because the kernel answers in them, and the
// slots by descriptor. The wake event is in the set of those that are read, and has no slot.
//
// A descriptor that is not below FD_SETSIZE never gets near a set: the operation that would have to
// wait for it fails with Errc::descriptor_too_large. What needs no waiting works on it: a send for
// which there is room, or handing it to another loop. Two slots with one number cannot be told
// apart, so the second one gets EEXIST, as with epoll.
class SelectBackend final : public ReadinessBackend {
 public:
  static absl::StatusOr<std::unique_ptr<Backend>> create();

  void wake() noexcept override { wake_.signal(); }
  // The kernel keeps nothing between two calls that could be readable.
  int poll_fd() const noexcept override { return -1; }

 private:
  explicit SelectBackend(WakeEvent wake) noexcept;

  void apply(Slot& slot) noexcept override;
  void drop(Slot& slot) noexcept override;
  void wait(OpQueue& completed, Duration limit, std::size_t most_events) noexcept override;

  void watch(int fd, std::uint32_t events) noexcept;
  void report(const DescriptorSet& readable, const DescriptorSet& writable, std::size_t most_events,
              OpQueue& completed) noexcept;
  void refuse_closed() noexcept;

  WakeEvent wake_;
  DescriptorSet reading_;
  DescriptorSet writing_;
  int highest_;   // in either set
  int next_ = 0;  // where a turn was cut short, so that its bound favours nobody
  std::array<Slot*, DescriptorSet::kSize> watched_{};
};

}  // namespace rondo
