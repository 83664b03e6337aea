// SPDX-License-Identifier: MIT
// What a Runtime is made of, and how it starts and ends.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "rondo/coro/event.h"
#include "rondo/runtime/loop_thread.h"
#include "rondo/runtime/runtime.h"
#include "rondo/runtime/signals.h"
#include "runtime/admission.h"
#include "runtime/connections.h"
#include "runtime/dispatcher.h"
#include "runtime/notice.h"
#include "runtime/service.h"

namespace rondo {

// Members stand in the order in which they must be made; loops end before what their tasks use.
struct Runtime::Parts {
  explicit Parts(RuntimeOptions chosen);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts();

  // Opening: create() calls these in order.
  absl::Status open_own_loop();
  absl::Status open_threads();
  absl::Status open_signals();

  // The loops that accept for a new service, and whom each of them accepts for.
  struct Place {
    Loop* loop;
    Connections* only;
  };
  std::vector<Place> places_for(const ServiceParts& service, const Address& address) const;
  // Opens listeners at all these places, or at none; the address is the one that it came to.
  struct Opened {
    std::vector<std::unique_ptr<Acceptor>> acceptors;
    Address address;
  };
  absl::StatusOr<Opened> open_listeners(const ServiceParts& service, const Address& address);
  absl::StatusOr<Address> open_listener(Acceptor& acceptor, const Address& address,
                                        const ListenOptions& listening);
  // From a thread that is none of the runtime's.
  void close_listeners(std::vector<std::unique_ptr<Acceptor>> acceptors);

  // On the thread of run().
  Task<> supervise();
  Task<> watch_signals();
  Task<> asked(int times);
  Task<> refuse_calls();
  Task<> drain();
  Task<> finish_accepting();
  Task<> on_each_loop(Task<> (*step)(Connections&));
  Task<> cut_connections();
  void ask() noexcept;

  // Asks all threads to stop and waits for that; their loops are still there.
  void stop_threads();

  bool uses_threads() const noexcept { return options.topology == Topology::kMasterSub; }

  const RuntimeOptions options;
  Incidents incidents;
  Admission admission;
  const std::unique_ptr<LoopLoad[]> loads;
  std::size_t serving = 0;  // how many loops serve
  Dispatcher dispatcher;
  std::vector<std::unique_ptr<Connections>> connections;

  std::mutex calls;                   // held by serve and rebind; a loop never waits for it
  mutable std::mutex services_mutex;  // for `services`; held for moments
  std::vector<std::unique_ptr<ServiceParts>> services;
  std::atomic<bool> running{false};
  std::atomic<bool> draining{false};

  Notice was_asked{"a request to stop"};
  int asks = 0;  // how often; the thread of run()'s
  std::unique_ptr<Signals> signals;
  SharedEvent may_end_receiving;  // no listener is left, or one lacks descriptors
  DrainReport report;

  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<Loop> own_loop;  // of the thread of run()
  std::vector<std::unique_ptr<LoopThread>> masters;
  std::vector<std::unique_ptr<LoopThread>> subs;
};

}  // namespace rondo
