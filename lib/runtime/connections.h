// SPDX-License-Identifier: MIT
// The connections that one loop serves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rondo/base/list.h"
#include "rondo/coro/job.h"
#include "rondo/loop/loop.h"
#include "rondo/net/socket.h"
#include "rondo/runtime/connection_handler.h"
#include "rondo/runtime/incidents.h"
#include "runtime/admission.h"
#include "runtime/notice.h"

namespace rondo {

// Each is a task of the loop's root scope. Outlives the loop. Everything on the loop's thread.
class Connections {
 public:
  Connections(Loop& loop, LoopLoad& load, Incidents& incidents) noexcept
      : loop_(loop), load_(load), incidents_(incidents) {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  Loop& loop() const noexcept { return loop_; }  // any thread
  LoopLoad& load() const noexcept { return load_; }

  // `socket` is of this loop; `handler` outlives it.
  void serve(Socket socket, Ticket ticket, const ConnectionHandler& handler);

  std::size_t running() const noexcept { return running_; }

  // Ends the receiving side of every connection, later ones included: what has arrived is still
  // received, then comes the end of the stream.
  void end_receiving() noexcept;
  // Asks every connection's task to stop, later ones included; how many there were.
  std::size_t cut() noexcept;
  // Until there is none.
  Task<> all_ended();

  // The ticket of the connection that this task serves; nullptr if it serves none.
  Ticket* ticket_of(const TaskContext& task) noexcept;
  // A stream of a connection of another loop has moved here: end_receiving() is for it, too.
  void welcome(const Slot& slot);

 private:
  // The handler owns the stream and may close it at any time, so it is found by its slot's name,
  // which nothing else will ever have.
  struct StreamName {
    explicit StreamName(const Slot& slot) noexcept
        : index(slot.index), generation(slot.generation) {}

    std::uint32_t index;
    std::uint32_t generation;
  };
  // A connection whose task has begun.
  struct Connection : ListNode<> {
    Connection(Connections& all, const Slot& slot, TaskContext& context_, Ticket& ticket_) noexcept;
    ~Connection() { unlink(); }

    const StreamName stream;
    TaskContext& context;
    Ticket& ticket;
  };
  class Seat;

  static Job run(Seat seat, Socket socket, const ConnectionHandler& handler);

  void end_receiving(StreamName stream) noexcept;

  Loop& loop_;
  LoopLoad& load_;
  Incidents& incidents_;
  List<Connection> live_;
  std::vector<StreamName> guests_;
  std::size_t running_ = 0;
  bool receiving_ended_ = false;
  bool cut_ = false;
  Notice changed_{"the end of connections"};  // when running_ has come to 0
};

}  // namespace rondo
