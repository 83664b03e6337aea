// SPDX-License-Identifier: MIT
// The thread of run(): waits to be asked, drains, cuts.
#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "rondo/coro/scope.h"
#include "rondo/coro/when.h"
#include "rondo/io/sleep.h"
#include "rondo/io/with_timeout.h"
#include "rondo/loop/switch_to.h"
#include "runtime/runtime_parts.h"

namespace rondo {
namespace {

Task<> end_receiving(Connections& connections) {
  connections.end_receiving();
  co_return;
}
Task<> all_ended(Connections& connections) { return connections.all_ended(); }

}  // namespace

void Runtime::Parts::ask() noexcept {
  ++asks;
  was_asked.notify();
}

Task<> Runtime::Parts::watch_signals() {
  for (;;) {
    auto number = co_await signals->next();
    if (number) {
      ask();
      continue;
    }
    if (number.error().is(Errc::canceled)) co_return;
    auto slept = co_await sleep(std::chrono::milliseconds(100));  // no memory, say, to wait with
    if (!slept) co_return;
  }
}

// Until somebody has asked so often.
Task<> Runtime::Parts::asked(int times) {
  while (asks < times) {
    auto told = co_await was_asked.wait();
    if (!told) co_return;
  }
}

Task<> Runtime::Parts::supervise() {
  if (signals != nullptr) own_loop->spawn([this] { return watch_signals(); });
  co_await asked(1);
  const TimePoint begin = own_loop->now();
  co_await refuse_calls();
  // One read: connections come and go on other threads meanwhile.
  const std::uint64_t ended_before = admission.ended();
  co_await with_deadline(after(begin, options.drain), when_any(drain(), asked(2)));
  co_await cut_connections();
  const std::size_t all = admission.admitted() - ended_before;  // none is left
  report.flushed = all - std::min(all, report.forced);
  report.took = own_loop->now() - begin;
  own_loop->stop();
}

// From now on; what serve() or rebind() is about to open is drained, too. The loop must not wait
// for their lock, as they may be waiting for the loop.
Task<> Runtime::Parts::refuse_calls() {
  draining = true;
  while (!calls.try_lock()) {
    auto slept = co_await sleep(std::chrono::milliseconds(1));
    if (!slept) co_return;
  }
  calls.unlock();
}

// Who waits in a queue has time to be accepted and to ask, while the others end by themselves. But
// when there are no descriptors to accept with, the idle ones must end first to give back theirs.
Task<> Runtime::Parts::drain() {
  auto begin = [this](Scope& scope) -> Task<> {
    scope.spawn([this] { return finish_accepting(); });
    auto told = co_await may_end_receiving.wait();
    if (told) co_await on_each_loop(&end_receiving);
  };
  co_await with_scope(begin);
  co_await on_each_loop(&all_ended);
}

Task<> Runtime::Parts::finish_accepting() {
  std::vector<Acceptor*> all;
  {
    const std::lock_guard lock(services_mutex);
    for (const auto& service : services) {
      for (const auto& acceptor : service->acceptors) all.push_back(acceptor.get());
    }
  }
  auto finish = [&](Scope& scope) -> Task<> {
    for (Acceptor* acceptor : all) {
      scope.spawn([acceptor, patience = options.drain, lacks = &may_end_receiving]() -> Task<> {
        co_await switch_to(acceptor->loop());
        co_await acceptor->finish(patience, lacks);
      });
    }
    co_return;
  };
  co_await with_scope(finish);
  may_end_receiving.set();
}

// At the same time.
Task<> Runtime::Parts::on_each_loop(Task<> (*step)(Connections&)) {
  auto take_steps = [&](Scope& scope) -> Task<> {
    for (const auto& each : connections) {
      scope.spawn([all = each.get(), step]() -> Task<> {
        co_await switch_to(all->loop());
        co_await step(*all);
      });
    }
    co_return;
  };
  co_await with_scope(take_steps);
}

Task<> Runtime::Parts::cut_connections() {
  std::vector<std::size_t> forced(connections.size());
  auto cut = [&](Scope& scope) -> Task<> {
    for (std::size_t i = 0; i < connections.size(); ++i) {
      scope.spawn([all = connections[i].get(), count = &forced[i]]() -> Task<> {
        co_await switch_to(all->loop());
        *count = all->cut();
        co_await all->all_ended();
      });
    }
    co_return;
  };
  co_await with_scope(cut);
  for (std::size_t count : forced) report.forced += count;
}

}  // namespace rondo
