// SPDX-License-Identifier: MIT
// Runtime: a server's loops and threads, from one value that says how many of which.
//
//   kSingle        one loop, on the thread of run(): accepts and serves
//   kPool          the same, and worker threads for offload()
//   kMasterSub     kHandOver:  master ──accept──▶ chooser ──one mail──▶ sub ──receive, send──▶
//                  kReusePort: each sub accepts from a listener of its own
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/coro/task.h"
#include "rondo/loop/loop.h"
#include "rondo/net/address.h"
#include "rondo/net/socket_listener.h"
#include "rondo/net/socket_stream.h"
#include "rondo/runtime/chooser.h"
#include "rondo/runtime/connection_handler.h"
#include "rondo/runtime/incidents.h"
#include "rondo/runtime/worker_pool.h"

namespace rondo {

enum class Topology : std::uint8_t { kSingle, kPool, kMasterSub };
enum class AcceptMode : std::uint8_t { kHandOver, kReusePort };

// "single", "pool", "master-sub"; "handoff", "reuseport".
std::string_view name_of(Topology topology) noexcept;
std::string_view name_of(AcceptMode mode) noexcept;

struct RuntimeOptions {
  Topology topology = Topology::kMasterSub;
  AcceptMode accept = AcceptMode::kHandOver;
  // Loops that only accept; listeners are given to them in turn. kHandOver only.
  std::size_t masters = 1;
  // kMasterSub: loops that serve. kPool: worker threads. 0 is cpu_allowance(): one for each CPU
  // that the process may use, by affinity and cgroup quota.
  std::size_t workers = 0;
  // Which sub serves a connection that a master has accepted; round_robin() if not given.
  std::unique_ptr<Chooser> chooser = {};

  // Each thread of a loop to a CPU of its own, subs first; once all CPUs are taken, from the first
  // one again. The thread of run() stays as it is, except that with kSingle and kPool it is what
  // is pinned.
  bool pin = false;
  std::string thread_name = "rondo";  // rondo-master-0, rondo-sub-0, rondo-pool-0

  LoopOptions loop = {};        // of every loop that accepts or serves
  ListenOptions listen = {};    // of every listener; kReusePort makes TCP share ports, Unix never
  WorkerPoolOptions pool = {};  // its threads and name are what this runtime's options say

  // Limits; 0 is none but the descriptors that the process may have. Who comes beyond them is
  // closed at once.
  std::size_t max_connections = 0;
  std::size_t max_per_address = 0;  // per IP address, whatever the port
  // How many connections a loop accepts from one listener before it does its other work; 0: all.
  std::size_t accepts_per_turn = 64;

  // What asks run() to drain; the second one cuts. Empty: no handler is installed.
  std::vector<int> stop_on = {};
  // How long connections may take to finish.
  Duration drain = std::chrono::seconds(5);

  IncidentOptions incidents = {};
};

// What a drain came to.
struct DrainReport {
  std::size_t flushed = 0;  // connections that ended by themselves in time
  std::size_t forced = 0;   // connections that were cut
  Duration took = Duration(0);
};

// What serve() has opened.
struct Service {
  std::size_t id;   // for rebind()
  Address address;  // with the port that the kernel has chosen, if it was asked to
};

struct RuntimeCounters {
  std::uint64_t accepted = 0;   // let in
  std::size_t connections = 0;  // now
};

// Create it, serve, run. Its calls are for threads that are none of its own.
class Runtime {
 public:
  // Opens all loops, each on its own thread. Errors: why a backend cannot be had, which CPU may
  // not be used, who has a signal already, and options that do not go together.
  static absl::StatusOr<std::unique_ptr<Runtime>> create(RuntimeOptions options = {});

  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  // Stops all loops: what still runs is asked to stop, and waited for.
  ~Runtime();

  // Listens on `address` and gives each connection to `handler(stream)`, a Task<>, on the loop
  // that is to serve it. `handler` is kept, shared by all loops and must not change when called; it
  // takes a SocketStream, or a TcpStream or UnixStream if the address is one. An exception that
  // leaves it closes that connection and is counted. Any thread, before run() or while it runs.
  // Masters accept at once; kSingle and kPool when run() is called. Errors: as TcpListener::listen;
  // kInvalidArgument: handler and address do not go together; kFailedPrecondition: it drains.
  template <class Handler>
  requires ServesConnections<std::decay_t<Handler>> absl::StatusOr<Service> serve(
      const Address& address, Handler&& handler) {
    return serve(address, std::make_unique<HandlerOf<std::decay_t<Handler>>>(
                              std::forward<Handler>(handler)));
  }
  template <class Handler>
  requires ServesConnections<std::decay_t<Handler>> absl::StatusOr<Service> serve(
      std::string_view address, Handler&& handler) {
    auto parsed = Address::parse(address);
    if (!parsed.ok()) return parsed.status();
    return serve(*parsed, std::forward<Handler>(handler));
  }
  absl::StatusOr<Service> serve(const Address& address, std::unique_ptr<ConnectionHandler> handler);
  // For what is no handler: says so.
  template <class Where, class Handler>
  requires(!ServesConnections<std::decay_t<Handler>> &&
           !std::convertible_to<Handler, std::unique_ptr<ConnectionHandler>>)
      absl::StatusOr<Service> serve(const Where&, Handler&&) {
    static_assert(ServesConnections<std::decay_t<Handler>>,
                  "serve: a handler takes a SocketStream, a TcpStream or a UnixStream by value and "
                  "does not change when it is called");
    return absl::UnimplementedError("no handler");
  }

  // Listens on `address` instead of where the service listens now. When it fails nothing has
  // changed. Connections go on, and who is in the old listener's queue is still served. Returns
  // when the old listener is closed. Any thread; with kSingle and kPool while run() runs.
  absl::StatusOr<Service> rebind(const Service& service, const Address& address);

  // Serves until a signal of stop_on or stop() asks it to drain, and drains: closes the listeners,
  // those in their queues are served; ends the receiving side of each connection, so that what has
  // arrived is answered and idle ones end; after options.drain, or at the second signal or stop(),
  // asks what is left to stop. Returns when all connections have ended and all loops have stopped.
  // A handler that neither ends nor heeds a stop is waited for. Once.
  DrainReport run();

  // Asks run() to drain, the second time to cut. Any thread; a coroutine of this runtime, too.
  void stop();

  // For a handler, about the stream of its own connection, while nothing waits on it: takes it to
  // loop(place), as SocketStream::move_to does, and counts it there; a drain finds it there, too.
  // Errors: as move_to; EINVAL for a task that serves no connection of this runtime.
  Task<Result<void>> move(SocketStream& stream, std::size_t place);
  // The same, to the loop with the fewest connections, if the stream's own has so many more that it
  // is worth while: a quarter and at least two. True when it has moved.
  Task<bool> rebalance(SocketStream& stream);

  // The loops that serve, in the order of loads(). Any thread: for spawn_on and post.
  std::size_t loops() const noexcept;
  Loop& loop(std::size_t place) const noexcept;
  // The one that run() turns: it serves, with kSingle and kPool; else it waits for signals.
  Loop& main_loop() const noexcept;
  std::size_t masters() const noexcept;
  Loop& master(std::size_t place) const noexcept;
  std::span<const LoopLoad> loads() const noexcept;

  // kPool's.
  WorkerPool& pool() const noexcept;

  // Any thread.
  RuntimeCounters counters() const noexcept;
  const Incidents& incidents() const noexcept;

 private:
  struct Parts;

  explicit Runtime(std::unique_ptr<Parts> parts) noexcept;

  std::unique_ptr<Parts> parts_;
};

}  // namespace rondo
