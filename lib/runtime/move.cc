// SPDX-License-Identifier: MIT
// Connections that go from one loop to another.
#include <algorithm>
#include <cerrno>

#include "rondo/coro/this_task.h"
#include "rondo/loop/switch_to.h"
#include "runtime/runtime_parts.h"

namespace rondo {

Task<Result<void>> Runtime::move(SocketStream& stream, std::size_t place) {
  TaskContext& context = co_await this_context();
  const auto home =
      std::find_if(parts_->connections.begin(), parts_->connections.end(),
                   [&context](const auto& each) { return &each->loop() == &context.home(); });
  if (home == parts_->connections.end() || place >= parts_->connections.size()) {
    co_return Error::from_errno(EINVAL);
  }
  // The list of a loop's connections is that loop's: who moves again goes home to look.
  Loop& source = stream.loop();
  if (context.is_away()) co_await switch_to((*home)->loop());
  Ticket* ticket = (*home)->ticket_of(context);
  if (&context.runner() != &source) co_await switch_to(source);
  if (ticket == nullptr) co_return Error::from_errno(EINVAL);

  Connections& target = *parts_->connections[place];
  if (&target.loop() == &source) co_return Result<void>();
  // Counted before it goes: others who look for the least busy loop in this moment see it there.
  LoopLoad& before = ticket->assign(target.load());
  auto moved = co_await stream.move_to(target.loop());
  if (!moved) {
    ticket->assign(before);
    co_return moved.error();
  }
  target.welcome(stream.slot());
  co_return Result<void>();
}

Task<bool> Runtime::rebalance(SocketStream& stream) {
  const auto loads = this->loads();
  std::size_t best = 0;
  std::uint32_t here = 0;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const auto count = [&loads](std::size_t place) {
      return loads[place].connections.load(std::memory_order_relaxed);
    };
    if (count(i) < count(best)) best = i;
    if (&loop(i) == &stream.loop()) here = count(i);
  }
  const std::uint32_t least = loads[best].connections.load(std::memory_order_relaxed);
  if (here < least + 2 || here < least + least / 4) co_return false;
  auto moved = co_await move(stream, best);
  co_return moved.ok();
}

}  // namespace rondo
