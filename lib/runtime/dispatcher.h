// SPDX-License-Identifier: MIT
// From an accepted descriptor to the loop that serves it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rondo/base/fd.h"
#include "rondo/net/endpoint.h"
#include "rondo/runtime/chooser.h"
#include "rondo/runtime/connection_handler.h"
#include "rondo/runtime/incidents.h"
#include "runtime/admission.h"
#include "runtime/connections.h"

namespace rondo {

// Lets a connection in or not, chooses its loop, and brings it there: at once when that is the
// accepting loop, else by one mail without a lock. Shared by all accepting loops; outlives them.
class Dispatcher {
 public:
  Dispatcher(Admission& admission, Incidents& incidents, Chooser& chooser)
      : admission_(admission), incidents_(incidents), chooser_(chooser) {}
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Before the first dispatch: the loops that serve, and what they have to do, in the same order.
  void set_targets(std::vector<Connections*> targets, std::span<const LoopLoad> loads) {
    targets_ = std::move(targets);
    loads_ = loads;
  }

  // On the thread of `here`. To `only`, or to whom the chooser says. `accepted` is in the blocking
  // mode of `here`.
  void dispatch(Fd accepted, Loop& here, Connections* only, const ConnectionHandler& handler,
                Trigger trigger);

 private:
  class HandOver;
  // Who serves a connection, and how.
  struct Destination {
    Connections& connections;
    const ConnectionHandler& handler;
    Trigger trigger;
    bool prepared;  // the descriptor is in the blocking mode of its loop
  };

  Ticket admit(const Endpoint* peer);
  // On the thread of the destination's loop.
  void arrive(Fd accepted, Ticket ticket, const Destination& to);

  Admission& admission_;
  Incidents& incidents_;
  Chooser& chooser_;
  std::vector<Connections*> targets_;
  std::span<const LoopLoad> loads_;
};

}  // namespace rondo
