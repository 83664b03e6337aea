// SPDX-License-Identifier: MIT
// The cells of the behavioural suite: which kernel queues and which transports it runs over. A new
// backend or transport adds a line in backends.cc, and every scenario runs on it.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/loop/loop.h"
#include "rondo/net/address.h"
#include "support/topologies.h"

namespace rondo {

struct BackendCell {
  const char* name;
  BackendKind kind;
  Trigger trigger = Trigger::kDefault;
  UringOptions uring = {};

  // A loop's options for it; the rest is at its default.
  LoopOptions options() const;
};

enum class TransportKind { kTcp, kUnix, kPair };

struct TransportCell {
  const char* name;
  TransportKind kind;
  Address any;  // where to listen: loopback, with a port or name of the kernel's choice; not of a
                // pair, which nobody listens for
};

struct Cell {
  BackendCell backend;
  TransportCell transport;
  // Where the loop lives; if it is none of these, the test turns it itself.
  std::optional<TopologyCell> topology = {};
};

// 127.0.0.1 with a port of the kernel's choice, for tests that do not care how bytes travel.
Endpoint loopback_port();

// Those that a user gets, for tests that take seconds; and with them the forms of io_uring that
// older kernels have.
std::vector<BackendCell> main_backend_cells();
std::vector<BackendCell> backend_cells();
// Those whose kernel queue has a descriptor of its own, for a host's poll set.
std::vector<BackendCell> nestable_backend_cells();
std::vector<TransportCell> transport_cells();
// Each backend with each transport; first a simulated world among the backends, then without it,
// for what counts turns, starts threads or knows in which order things happen; then with TCP alone,
// for what only TCP does.
std::vector<Cell> cells();
std::vector<Cell> kernel_cells();
std::vector<Cell> tcp_cells();
// As cells() and kernel_cells(), and each backend with a pair in memory, which has no listener.
std::vector<Cell> stream_cells();
std::vector<Cell> kernel_stream_cells();
// The main backends with TCP, each inside each topology.
std::vector<Cell> served_cells();

// The part of a test's name that says where it ran: "epoll_edge", "io_uring_tcp6",
// "poll_tcp4_in_handoff".
std::string name_of_backend(const testing::TestParamInfo<BackendCell>& info);
std::string name_of_cell(const testing::TestParamInfo<Cell>& info);
void PrintTo(const BackendCell& cell, std::ostream* out);
void PrintTo(const Cell& cell, std::ostream* out);

}  // namespace rondo
