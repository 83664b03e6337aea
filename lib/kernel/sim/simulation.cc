// SPDX-License-Identifier: MIT
#include "kernel/sim/simulation.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "rondo/base/simulated.h"

namespace rondo {

std::string_view sim::name_of(sim::Call call) noexcept {
  switch (call) {
    case Call::kSocket:
      return "socket";
    case Call::kBind:
      return "bind";
    case Call::kListen:
      return "listen";
    case Call::kConnect:
      return "connect";
    case Call::kAccept:
      return "accept";
    case Call::kReceive:
      return "receive";
    case Call::kSend:
      return "send";
    case Call::kShutdown:
      return "shutdown";
    case Call::kSetOption:
      return "set option";
  }
  return "unknown";
}

bool Simulation::run_next(TimePoint latest) {
  if (agenda.empty() || agenda.next() > latest) return false;
  advance_to(agenda.next());
  agenda.run_next();
  return true;
}

std::size_t Simulation::cut_short(std::size_t most) noexcept {
  const bool whole = options.short_count_in == 0 || !random.once_in(options.short_count_in);
  return whole || most == 0 ? most : static_cast<std::size_t>(random.between(1, most));
}

Error Simulation::fault(sim::Call call, int descriptor) const {
  if (options.faults == nullptr) return {};
  return options.faults->fail(call, descriptor);
}

void Simulation::record(std::string_view what, int socket, std::uint64_t number) {
  const auto mix = [this](std::uint64_t value) noexcept {
    hash_ = (hash_ ^ value) * 0x100000001b3u;
    hash_ ^= hash_ >> 32;
  };
  for (char c : what) mix(static_cast<unsigned char>(c));
  const int place = is_simulated(socket) ? socket % kSimulatedPerNetwork : socket;
  mix(static_cast<std::uint64_t>(place));
  mix(number);
  const Duration age = now() - TimePoint{};
  mix(static_cast<std::uint64_t>(age.count()));
  if (!options.on_event) return;
  std::array<char, 160> line;
  const std::chrono::duration<double> seconds = age - std::chrono::hours(1);
  const int size =
      std::snprintf(line.data(), line.size(), "%.9f s  %d %.*s %llu", seconds.count(), place,
                    static_cast<int>(what.size()), what.data(),
                    static_cast<unsigned long long>(number));  // NOLINT: what printf knows
  options.on_event({line.data(), std::min(static_cast<std::size_t>(size), line.size() - 1)});
}

}  // namespace rondo
