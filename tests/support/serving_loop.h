// SPDX-License-Identifier: MIT
// A loop inside a topology, for scenarios whose connections come in through the runtime.
#pragma once

#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "rondo/coro/channel.h"
#include "rondo/loop/loop.h"
#include "rondo/net/socket_stream.h"
#include "rondo/runtime/runtime.h"
#include "support/topologies.h"

namespace rondo {

// A runtime that runs, of which one loop serves. What its listener accepts is handed to whoever
// asks for it there.
class ServingLoop {
 public:
  ServingLoop(const TopologyCell& topology, LoopOptions options, const Address& any);
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;
  ~ServingLoop();

  Loop& loop() const noexcept { return runtime_->loop(0); }
  // Where the runtime listens.
  const Address& address() const noexcept { return address_; }

  // On the loop: the next connection that was accepted.
  Task<SocketStream> accepted();

  // Runs `body()`, a task, on the loop and returns when it has ended.
  template <class Body>
  void run(Body body) {
    std::promise<void> ended;
    const std::future<void> end = ended.get_future();
    // The promise goes with the task, however that ends, and its going is what is waited for.
    spawn_on(loop(),
             [this, body_ = std::move(body), ended_ = std::move(ended)]() mutable -> Task<> {
               co_await body_();
               drop_unasked();
             });
    end.wait();
  }

 private:
  // Streams end on their loop.
  void drop_unasked();

  std::unique_ptr<Runtime> runtime_;
  Channel<SocketStream> arrivals_{64};
  Address address_;
  std::thread thread_;
};

}  // namespace rondo
