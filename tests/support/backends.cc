// SPDX-License-Identifier: MIT
#include "support/backends.h"

#include <ostream>
#include <string_view>

namespace rondo {

LoopOptions BackendCell::options() const {
  LoopOptions options;
  options.backend = kind;
  options.trigger = trigger;
  options.uring = uring;
  return options;
}

Endpoint loopback_port() { return Endpoint::ipv4({127, 0, 0, 1}, 0); }

std::vector<BackendCell> main_backend_cells() {
  return {
      {"epoll_edge", BackendKind::kEpoll, Trigger::kEdge},
      {"epoll_level", BackendKind::kEpoll, Trigger::kLevel},
      {"epoll_oneshot", BackendKind::kEpoll, Trigger::kOneShot},
      {"poll", BackendKind::kPoll},
      {"select", BackendKind::kSelect},
      {"io_uring", BackendKind::kIoUring},
  };
}

std::vector<BackendCell> backend_cells() {
  std::vector<BackendCell> all = main_backend_cells();
  const auto add = [&all](const char* name, const UringOptions& uring) {
    all.push_back({.name = name, .kind = BackendKind::kIoUring, .uring = uring});
  };
  add("io_uring_coop", {.rung = UringRung::kCoop});
  add("io_uring_plain", {.rung = UringRung::kPlain});
  add("io_uring_no_multishot", {.rung = UringRung::kTop, .multishot = false});
  add("io_uring_no_buffer_ring", {.rung = UringRung::kTop, .buffer_ring = false});
  add("io_uring_no_ext_arg", {.rung = UringRung::kTop, .ext_arg = false});
  add("io_uring_bare",
      {.rung = UringRung::kPlain, .multishot = false, .buffer_ring = false, .ext_arg = false});
  add("io_uring_restricted", {.restricted = true});
  return all;
}

std::vector<BackendCell> nestable_backend_cells() {
  std::vector<BackendCell> nestable = backend_cells();
  std::erase_if(nestable, [](const BackendCell& cell) {
    return cell.kind == BackendKind::kPoll || cell.kind == BackendKind::kSelect;
  });
  return nestable;
}

std::vector<TransportCell> transport_cells() {
  Endpoint::Ipv6Bytes loopback6{};
  loopback6.back() = 1;
  return {
      {"tcp4", TransportKind::kTcp, loopback_port()},
      {"tcp6", TransportKind::kTcp, Endpoint::ipv6(loopback6, 0)},
      {"unix", TransportKind::kUnix, UnixAddress()},
  };
}

namespace {

std::vector<Cell> with_each_transport(const std::vector<BackendCell>& backends) {
  std::vector<Cell> all;
  for (const BackendCell& backend : backends) {
    for (const TransportCell& transport : transport_cells()) all.push_back({backend, transport});
  }
  return all;
}

// A pair for each backend among them.
std::vector<Cell> and_pairs(std::vector<Cell> cells) {
  std::vector<Cell> pairs;
  for (const Cell& cell : cells) {
    const bool is_known =
        !pairs.empty() && std::string_view(pairs.back().backend.name) == cell.backend.name;
    if (!is_known) pairs.push_back({cell.backend, {"pair", TransportKind::kPair, {}}});
  }
  cells.insert(cells.end(), pairs.begin(), pairs.end());
  return cells;
}

}  // namespace

std::vector<Cell> kernel_cells() { return with_each_transport(backend_cells()); }

std::vector<Cell> cells() {
  std::vector<Cell> all = kernel_cells();
  const std::vector<Cell> simulated =
      with_each_transport({{.name = "sim", .kind = BackendKind::kSim}});
  all.insert(all.end(), simulated.begin(), simulated.end());
  return all;
}

std::vector<Cell> tcp_cells() {
  std::vector<Cell> some = cells();
  std::erase_if(some, [](const Cell& cell) { return cell.transport.kind != TransportKind::kTcp; });
  return some;
}

std::vector<Cell> stream_cells() { return and_pairs(cells()); }

std::vector<Cell> kernel_stream_cells() { return and_pairs(kernel_cells()); }

std::vector<Cell> served_cells() {
  const TransportCell transport = transport_cells().front();
  std::vector<Cell> all;
  for (const BackendCell& backend : main_backend_cells()) {
    for (const TopologyCell& topology : one_loop_topology_cells()) {
      all.push_back({backend, transport, topology});
    }
  }
  return all;
}

std::string name_of_backend(const testing::TestParamInfo<BackendCell>& info) {
  return info.param.name;
}

std::string name_of_cell(const testing::TestParamInfo<Cell>& info) {
  std::string name = std::string(info.param.backend.name) + "_" + info.param.transport.name;
  if (info.param.topology) name += std::string("_in_") + info.param.topology->name;
  return name;
}

void PrintTo(const BackendCell& cell, std::ostream* out) { *out << cell.name; }

void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.backend.name << " over " << cell.transport.name;
  if (cell.topology) *out << " in " << cell.topology->name;
}

}  // namespace rondo
