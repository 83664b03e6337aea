// SPDX-License-Identifier: MIT
// What went wrong with connections: counted by reason, and told to whoever asked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rondo/base/clock.h"

namespace rondo {

enum class Incident : std::uint8_t {
  kPausedForDescriptors,  // accepting paused: EMFILE, ENFILE, or select's limit
  kPausedForMemory,       // accepting paused: ENOBUFS, ENOMEM
  kAcceptFailed,          // accepting paused: any other error
  kRefusedInTotal,        // a connection beyond the total limit was closed
  kRefusedPerAddress,     // a connection beyond the limit of its peer's address was closed
  kHandOverFailed,        // a connection was closed because its loop had no memory or had ended
  kHandlerFailed,         // an exception left the handler of a connection, which was closed
};
inline constexpr std::size_t kIncidents = 7;

// "paused for descriptors"
std::string_view name_of(Incident incident) noexcept;

struct IncidentOptions {
  // Gets a line without its end, from the thread where it happened, on several threads at a time
  // perhaps; must not block. Without it nothing is told.
  std::function<void(std::string_view)> log = {};
  // At most one line per kind in this time; the next one says how many were left out.
  Duration log_interval = std::chrono::seconds(1);
};

// All calls from any thread; lock-free.
class Incidents {
 public:
  explicit Incidents(IncidentOptions options = {}, const Clock& clock = Clock::monotonic())
      : options_(std::move(options)), clock_(clock) {}
  Incidents(const Incidents&) = delete;
  Incidents& operator=(const Incidents&) = delete;

  // Counts it. `detail` is for the log: who or why; may be empty.
  void happened(Incident incident, std::string_view detail);

  std::uint64_t count(Incident incident) const noexcept {
    return kinds_[static_cast<std::size_t>(incident)].count.load(std::memory_order_relaxed);
  }

 private:
  struct Kind {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> told{0};  // the count when the last line was written
    std::atomic<TimePoint> silent_until{TimePoint::min()};
  };

  const IncidentOptions options_;
  const Clock& clock_;
  std::array<Kind, kIncidents> kinds_;
};

}  // namespace rondo
