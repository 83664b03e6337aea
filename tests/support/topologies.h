// SPDX-License-Identifier: MIT
// The topologies that tests run in.
#pragma once

#include <cstddef>
#include <vector>

#include "rondo/runtime/runtime.h"

namespace rondo {

// A topology of the suite, and how it is asked for.
struct TopologyCell {
  const char* name;
  Topology topology;
  AcceptMode accept = AcceptMode::kHandOver;
  std::size_t masters = 1;
  std::size_t workers = 2;

  // A runtime's options for it, with loops that are made with `loop`.
  RuntimeOptions options(LoopOptions loop) const;
};

std::vector<TopologyCell> topology_cells();
// Those in which one loop serves all connections, so that both ends of one can be on it.
std::vector<TopologyCell> one_loop_topology_cells();

}  // namespace rondo
