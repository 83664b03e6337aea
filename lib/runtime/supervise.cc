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

void Runtime::Parts::ask() noexcept {
  ++asks;
  was_asked.notify();
}

Task<> Runtime::Parts::watch_signals() {
  for (;;) {
    auto number = co_await signals->next();
    if (!number) co_return;
    ask();
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

Task<> Runtime::Parts::drain() {
  co_await finish_accepting();
  co_await drain_connections();
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
      scope.spawn([acceptor, patience = options.drain]() -> Task<> {
        co_await switch_to(acceptor->loop());
        co_await acceptor->finish(patience);
      });
    }
    co_return;
  };
  co_await with_scope(finish);
}

// On each loop at the same time.
Task<> Runtime::Parts::drain_connections() {
  auto drain = [&](Scope& scope) -> Task<> {
    for (const auto& each : connections) {
      scope.spawn([all = each.get()]() -> Task<> {
        co_await switch_to(all->loop());
        all->end_receiving();
        co_await all->all_ended();
      });
    }
    co_return;
  };
  co_await with_scope(drain);
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
