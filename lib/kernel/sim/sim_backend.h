// SPDX-License-Identifier: MIT
// The kernel queue of a loop in a simulated world.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "kernel/sim/network.h"
#include "kernel/sim/simulation.h"
#include "rondo/kernel/backend.h"

namespace rondo {

// Operations are held in slot.reader and slot.writer, as on readiness backends. A change of their
// descriptor makes them due; a turn performs what is due in an order of chance, and may put some
// of it off to the next turn.
//
//   attempt -> (now, or as chance wants it:) held -- change --> due -- turn --> completed
class SimBackend final : public Backend, private SimWatcher {
 public:
  // Lets something happen elsewhere in the world: another loop's turn, or the next event up to
  // `latest`. False when nothing can happen before that.
  using Pass = std::function<bool(SimBackend&, TimePoint latest)>;

  SimBackend(Simulation& simulation, SimNetwork& network, Pass pass, std::function<void()> gone);
  ~SimBackend() override;

  void attach(Pool& pool, SlotTable& slots) override;
  Result<Fd> open_stream_socket(int family) noexcept override {
    return network_.open_socket(family);
  }
  Progress attempt(Op& op) noexcept override;
  void turn(OpQueue& submitted, OpQueue& completed, const TurnLimits& limits) noexcept override;
  void retract(Op& op) noexcept override;
  // Everything is in the socket, which the other loop finds by its number.
  Release release(Slot&) noexcept override { return Release::kDone; }
  void wake() noexcept override;
  int poll_fd() const noexcept override { return -1; }
  bool blocking() const noexcept override { return false; }

  // A turn would find something without time going on.
  bool has_work() noexcept;

 private:
  void on_change(Slot& slot) noexcept override;
  Progress begin(Op& op, Op*& place) noexcept;
  bool perform(Op& op);
  Error step(Op& op);
  Error receive(Op& op);
  Error send(Op& op);
  Error send_gather(Op& op);
  Error connect(Op& op);
  Error poll(Op& op);
  void close(CloseOp& op) noexcept;
  void end(Op*& waiting, Error error) noexcept;
  void heed_wake();
  void take_submitted(OpQueue& submitted, OpQueue& completed) noexcept;
  void perform_due(OpQueue& completed, std::size_t most);
  void wait(Duration limit);

  Simulation& simulation_;
  SimNetwork& network_;
  const Pass pass_;
  const std::function<void()> gone_;
  Pool* pool_ = nullptr;
  OpQueue due_;
  OpQueue ended_;    // completed outside a turn
  OpQueue starved_;  // receives that wait for a block of the pool
  std::atomic<bool> wake_asked_{false};
  const std::shared_ptr<bool> woken_ = std::make_shared<bool>(false);
};

}  // namespace rondo
