// SPDX-License-Identifier: MIT
// The servers that are compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rondo::bench {

enum class Kind { kRondo, kFloor, kPeer, kModel, kOther };

std::string_view name_of(Kind kind);

struct Subject {
  std::string name;
  Kind kind = Kind::kOther;
  std::string floor;  // the raw server that does the same over the same kernel interface; or none
  std::vector<std::string> command;
  std::string missing;       // why it cannot be started here; empty: it can
  int most_connections = 0;  // that it can serve at a time; 0: any number
  std::string limit;         // why not more
  double warm_up = 0.1;      // seconds until it is as fast as it gets
  bool spins = false;        // takes its core when it has nothing to do
  bool udp = false;
  bool threaded = false;  // may use all cores but the load's

  // Why it cannot take part with so many connections; empty when it can.
  std::string refusal(int connections) const;
};

// Where the programs are: a build directory of this project.
struct Programs {
  std::string build;

  std::string tool(std::string_view name) const;
  std::string raw(std::string_view name) const;
  std::string model(std::string_view name) const;
  std::string peer(std::string_view name) const;
};

// The build that this program is a part of.
Programs programs_of_this_build();

// rondo-echo in every way of waiting, in its better way of reading; and both ways on io_uring.
std::vector<Subject> rondo_subjects(const Programs& programs);
// Those that are not measured unless asked for: one-shot epoll, and the other way of reading.
std::vector<Subject> further_rondo_subjects(const Programs& programs);
// The same over plain C loops.
std::vector<Subject> floor_subjects(const Programs& programs);

// Servers that wait in other ways, each with a thread or none per connection.
std::vector<Subject> model_subjects(const Programs& programs);
// Four loops, and the ways in which connections come to them.
std::vector<Subject> accept_subjects(const Programs& programs);

// rondo's topologies, with a handler that computes for `work` microseconds; `workers` is how many
// loops serve, or threads compute, where there are several.
std::vector<Subject> topology_subjects(const Programs& programs, int workers, int work);

// `name: command`. PORT in the command stands for a port that is chosen when it is started; without
// it the server has to print `listening on HOST:PORT`. Throws Failure.
Subject parse_server(std::string_view text);

}  // namespace rondo::bench
