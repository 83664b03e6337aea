// SPDX-License-Identifier: MIT
#include "support/topologies.h"

#include <utility>

namespace rondo {

RuntimeOptions TopologyCell::options(LoopOptions loop) const {
  RuntimeOptions options;
  options.topology = topology;
  options.accept = accept;
  options.masters = masters;
  options.workers = workers;
  options.loop = std::move(loop);
  return options;
}

std::vector<TopologyCell> topology_cells() {
  return {
      {"single", Topology::kSingle},
      {"pool", Topology::kPool},
      {"handoff", Topology::kMasterSub, AcceptMode::kHandOver, 1, 2},
      {"two_masters", Topology::kMasterSub, AcceptMode::kHandOver, 2, 2},
      {"reuseport", Topology::kMasterSub, AcceptMode::kReusePort, 1, 2},
  };
}

std::vector<TopologyCell> one_loop_topology_cells() {
  return {
      {"single", Topology::kSingle},
      {"pool", Topology::kPool},
      {"handoff", Topology::kMasterSub, AcceptMode::kHandOver, 1, 1},
      {"reuseport", Topology::kMasterSub, AcceptMode::kReusePort, 1, 1},
  };
}

}  // namespace rondo
