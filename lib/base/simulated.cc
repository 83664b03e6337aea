// SPDX-License-Identifier: MIT
#include "rondo/base/simulated.h"

#include <algorithm>
#include <array>

#include "rondo/base/assert.h"

namespace rondo {
namespace {

constexpr std::size_t kMost = 64;
using Networks = std::array<SimulatedDescriptors*, kMost>;

// Those of this thread; the accessor is the only way to them. A network's place tells its numbers,
// so that a program run twice sees the same ones.
Networks& networks_of_thread() noexcept {
  static thread_local Networks networks{};
  return networks;
}

std::size_t place_of(int number) noexcept {
  return static_cast<std::size_t>((number - kFirstSimulated) / kSimulatedPerNetwork);
}

}  // namespace

SimulatedDescriptors::SimulatedDescriptors() {
  Networks& networks = networks_of_thread();
  const auto place = std::find(networks.begin(), networks.end(), nullptr);
  require(place != networks.end(), "more than 64 simulated networks on one thread");
  *place = this;
  first_number_ =
      kFirstSimulated + static_cast<int>(place - networks.begin()) * kSimulatedPerNetwork;
}

SimulatedDescriptors::~SimulatedDescriptors() {
  networks_of_thread()[place_of(first_number_)] = nullptr;
}

SimulatedDescriptors* SimulatedDescriptors::of(int number) noexcept {
  if (!is_simulated(number)) return nullptr;
  const std::size_t place = place_of(number);
  return place < kMost ? networks_of_thread()[place] : nullptr;
}

}  // namespace rondo
