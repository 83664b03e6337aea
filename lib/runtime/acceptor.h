// SPDX-License-Identifier: MIT
// A listener and the task that accepts from it.
//
//   accept_all: until stop()         -> every connection to the dispatcher
//   take_queued: nobody new comes in -> what waits in the kernel's queue, too
//   closed
#pragma once

#include <cstddef>

#include "rondo/coro/event.h"
#include "rondo/coro/scope.h"
#include "rondo/net/address.h"
#include "rondo/net/socket_listener.h"
#include "rondo/runtime/incidents.h"
#include "runtime/connections.h"
#include "runtime/dispatcher.h"
#include "runtime/notice.h"

namespace rondo {

struct AcceptorOptions {
  Connections* only = nullptr;  // who serves what comes; nullptr: whom the chooser says
  Trigger trigger = Trigger::kDefault;
  std::size_t accepts_per_turn = 64;
};

// On one loop, which it outlives; calls on its thread, but for what says otherwise.
class Acceptor {
 public:
  Acceptor(Loop& loop, Dispatcher& dispatcher, Incidents& incidents,
           const ConnectionHandler& handler, AcceptorOptions options) noexcept
      : loop_(loop),
        dispatcher_(dispatcher),
        incidents_(incidents),
        handler_(handler),
        options_(options) {}
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Loop& loop() const noexcept { return loop_; }  // any thread

  // Once. The listener lives in the task, so that it never outlives the loop.
  void start(SocketListener listener);

  // Ends accepting and closes the listener. Who has connected by then is served all the same; who
  // connects later is not answered. Takes no longer than its patience: who still waits then is
  // reset. Without descriptors it waits for some and sets `lacks_descriptors`, if there is one,
  // which outlives this. Resumes when it is closed; a stop has it closed at once, whoever waits.
  Task<> finish(Duration patience, SharedEvent* lacks_descriptors);

 private:
  Task<> run(SocketListener listener);
  Task<> accept_all(SocketListener& listener);
  Task<> take_queued(SocketListener& listener);
  Task<> pause_after(Error error);
  Task<> closed();

  Loop& loop_;
  Dispatcher& dispatcher_;
  Incidents& incidents_;
  const ConnectionHandler& handler_;
  const AcceptorOptions options_;
  Scope* accepting_ = nullptr;
  bool finishing_ = false;
  bool hurries_ = false;
  Duration patience_{};
  SharedEvent* lacks_descriptors_ = nullptr;
  bool closed_ = false;
  Notice has_closed_{"the listener's close"};
};

}  // namespace rondo
