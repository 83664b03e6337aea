// SPDX-License-Identifier: MIT
#include "rondo/runtime/incidents.h"

#include "absl/strings/str_cat.h"

namespace rondo {

std::string_view name_of(Incident incident) noexcept {
  switch (incident) {
    case Incident::kPausedForDescriptors:
      return "paused for descriptors";
    case Incident::kPausedForMemory:
      return "paused for memory";
    case Incident::kAcceptFailed:
      return "accept failed";
    case Incident::kRefusedInTotal:
      return "refused: too many connections";
    case Incident::kRefusedPerAddress:
      return "refused: too many connections of one address";
    case Incident::kHandOverFailed:
      return "hand-over failed";
    case Incident::kHandlerFailed:
      return "handler failed";
  }
  return "";
}

void Incidents::happened(Incident incident, std::string_view detail) {
  Kind& kind = kinds_[static_cast<std::size_t>(incident)];
  const std::uint64_t count = kind.count.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!options_.log) return;
  const TimePoint now = clock_.now();
  TimePoint silent_until = kind.silent_until.load(std::memory_order_relaxed);
  // Of those who come at the same time one writes the line.
  if (now < silent_until ||
      !kind.silent_until.compare_exchange_strong(silent_until, after(now, options_.log_interval),
                                                 std::memory_order_relaxed)) {
    return;
  }
  const std::uint64_t told = kind.told.exchange(count, std::memory_order_relaxed);
  const std::string_view name = name_of(incident);
  std::string line(name);
  if (!detail.empty()) line.append(": ").append(detail);
  if (count > told + 1) absl::StrAppend(&line, " (and ", count - told - 1, " more before)");
  options_.log(line);
}

}  // namespace rondo
