// SPDX-License-Identifier: MIT
// A server and clients that exchange messages of random sizes: what the simulator's tests run.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "rondo/net/address.h"
#include "rondo/net/tcp_listener.h"
#include "rondo/sim/world.h"

namespace rondo {

struct ExchangeOptions {
  int clients = 3;
  int messages = 3;
  std::size_t most_bytes = 5000;
  std::string address = "10.0.0.1:7000";  // or unix:...
};

// The server is on one loop, the clients on another; both end when all is said.
class Exchange {
 public:
  Exchange(sim::World& world, ExchangeOptions options);

  Loop& server() noexcept { return *server_; }
  Loop& client() noexcept { return *client_; }
  // Messages that came back whole and right.
  int echoed() const noexcept { return echoed_; }
  void destroy_server() { server_.reset(); }
  // Ends both loops, wherever their tasks are.
  void destroy() {
    server_.reset();
    client_.reset();
  }

 private:
  Task<> serve(SocketListener listener);
  static Task<> echo(SocketStream stream, bool reads);
  Task<> ask(Address address);
  Task<bool> round_trip(SocketStream& stream, std::size_t size);

  sim::World& world_;
  const ExchangeOptions options_;
  std::unique_ptr<Loop> server_;
  std::unique_ptr<Loop> client_;
  int echoed_ = 0;
};

}  // namespace rondo
