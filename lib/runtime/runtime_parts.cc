// SPDX-License-Identifier: MIT
#include "runtime/runtime_parts.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "rondo/io/sleep.h"
#include "rondo/runtime/cpus.h"
#include "runtime/call_on.h"

namespace rondo {
namespace {

// How long a listener that is replaced waits for descriptors for those in its queue.
constexpr Duration kPatience = std::chrono::seconds(1);

RuntimeOptions completed(RuntimeOptions options) {
  if (options.chooser == nullptr) options.chooser = round_robin();
  if (options.workers == 0) options.workers = cpu_allowance();
  if (options.accepts_per_turn == 0) options.accepts_per_turn = SIZE_MAX;
  return options;
}

std::size_t serving_loops(const RuntimeOptions& options) {
  return options.topology == Topology::kMasterSub ? options.workers : 1;
}

// Keeps load.busy: how much of the last tenth of a second the thread ran.
Task<> measure_busy(LoopLoad& load) {
  constexpr Duration kPeriod = std::chrono::milliseconds(100);
  const auto used = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
  };
  Loop& loop = co_await this_loop();
  Duration used_before = used();
  TimePoint before = loop.now();
  for (;;) {
    auto slept = co_await sleep(kPeriod);
    if (!slept) co_return;
    const Duration used_now = used();
    const TimePoint now = loop.now();
    const auto thousandths = (used_now - used_before) * 1000 / (now - before);
    load.busy.store(static_cast<std::uint32_t>(thousandths), std::memory_order_relaxed);
    used_before = used_now;
    before = now;
  }
}

}  // namespace

Runtime::Parts::Parts(RuntimeOptions chosen)
    : options(completed(std::move(chosen))),
      incidents(options.incidents, *options.loop.clock),
      admission(options.max_connections, options.max_per_address),
      loads(std::make_unique<LoopLoad[]>(serving_loops(options))),
      serving(serving_loops(options)),
      dispatcher(admission, incidents, *options.chooser) {}

Runtime::Parts::~Parts() { stop_threads(); }

absl::Status Runtime::Parts::open_own_loop() {
  LoopOptions own = options.loop;
  // It waits for signals and deadlines, and for the others.
  if (uses_threads()) {
    own = {.backend = BackendKind::kEpoll,
           .observe = options.loop.observe,
           .clock = options.loop.clock};
  }
  auto loop = Loop::create(std::move(own));
  if (!loop.ok()) return loop.status();
  own_loop = std::move(*loop);
  if (options.topology == Topology::kPool) {
    WorkerPoolOptions workers = options.pool;
    workers.threads = options.workers;
    workers.name = options.thread_name + "-pool";
    auto started = WorkerPool::start(std::move(workers));
    if (!started.ok()) return started.status();
    pool = std::move(*started);
  }
  return absl::OkStatus();
}

absl::Status Runtime::Parts::open_threads() {
  const std::vector<int> cpus = usable_cpus();
  std::size_t threads = 0;
  const auto start = [&](const char* role, std::size_t number,
                         std::vector<std::unique_ptr<LoopThread>>& into) -> absl::Status {
    LoopThreadOptions thread{.name = options.thread_name + role + std::to_string(number),
                             .cpu = {},
                             .loop = options.loop};
    if (options.pin) thread.cpu = cpus[threads++ % cpus.size()];
    auto started = LoopThread::start(std::move(thread));
    if (!started.ok()) return started.status();
    into.push_back(std::move(*started));
    return absl::OkStatus();
  };
  absl::Status status;
  if (uses_threads()) {
    for (std::size_t i = 0; i < options.workers && status.ok(); ++i)
      status = start("-sub-", i, subs);
    const std::size_t count = options.accept == AcceptMode::kHandOver ? options.masters : 0;
    for (std::size_t i = 0; i < count && status.ok(); ++i) status = start("-master-", i, masters);
  }
  if (!status.ok()) return status;
  std::vector<Connections*> targets;
  for (std::size_t i = 0; i < serving; ++i) {
    Loop& loop = uses_threads() ? subs[i]->loop() : *own_loop;
    connections.push_back(std::make_unique<Connections>(loop, loads[i], incidents));
    targets.push_back(connections.back().get());
    if (options.chooser->needs_busy() && uses_threads()) {
      spawn_on(loop, measure_busy, borrow(loads[i]));
    }
  }
  dispatcher.set_targets(std::move(targets), std::span(loads.get(), serving));
  return status;
}

absl::Status Runtime::Parts::open_signals() {
  if (options.stop_on.empty()) return absl::OkStatus();
  auto opened = Signals::open(options.stop_on);
  if (!opened.ok()) return opened.status();
  signals = std::move(*opened);
  return absl::OkStatus();
}

void Runtime::Parts::stop_threads() {
  // Those who hand over before those whom they hand over to.
  for (auto* threads : {&masters, &subs}) {
    for (auto& thread : *threads) thread->stop();
    for (auto& thread : *threads) thread->wait_until_stopped();
  }
}

std::vector<Runtime::Parts::Place> Runtime::Parts::places_for(const ServiceParts& service,
                                                              const Address& address) const {
  if (!uses_threads()) return {{own_loop.get(), connections.front().get()}};
  if (options.accept == AcceptMode::kHandOver) {
    return {{&masters[service.place % masters.size()]->loop(), nullptr}};
  }
  // An AF_UNIX address cannot be shared: one sub accepts for all.
  if (address.unix_address() != nullptr) return {{&subs.front()->loop(), nullptr}};
  std::vector<Place> places;
  for (const auto& each : connections) places.push_back({&each->loop(), each.get()});
  return places;
}

absl::StatusOr<Runtime::Parts::Opened> Runtime::Parts::open_listeners(const ServiceParts& service,
                                                                      const Address& address) {
  const bool is_unix = address.unix_address() != nullptr;
  if (is_unix ? !service.handler->takes_unix() : !service.handler->takes_tcp()) {
    return absl::InvalidArgumentError("the handler of " + address.to_string() +
                                      (is_unix ? " takes no UnixStream" : " takes no TcpStream"));
  }
  const std::vector<Place> places = places_for(service, address);
  Opened opened{{}, address};
  for (const Place& place : places) {
    auto acceptor =
        std::make_unique<Acceptor>(*place.loop, dispatcher, incidents, *service.handler,
                                   AcceptorOptions{.only = place.only,
                                                   .trigger = options.listen.trigger,
                                                   .accepts_per_turn = options.accepts_per_turn});
    ListenOptions listening = options.listen;
    listening.reuse_port = !is_unix && (listening.reuse_port || places.size() > 1);
    auto listens = open_listener(*acceptor, opened.address, listening);
    if (!listens.ok()) {
      close_listeners(std::move(opened.acceptors));
      return listens.status();
    }
    opened.address = *listens;
    opened.acceptors.push_back(std::move(acceptor));
  }
  return opened;
}

absl::StatusOr<Address> Runtime::Parts::open_listener(Acceptor& acceptor, const Address& address,
                                                      const ListenOptions& listening) {
  const auto open = [&]() -> absl::StatusOr<Address> {
    auto listener = listen(acceptor.loop(), address, listening);
    if (!listener.ok()) return listener.status();
    auto local = Address::local_of(listener->fd());
    if (!local) return absl::UnavailableError(local.error().message());
    acceptor.start(std::move(*listener));
    return *local;
  };
  // Until it runs, the own loop belongs to whoever calls.
  if (&acceptor.loop() == own_loop.get() && !running) return open();
  return call_on(acceptor.loop(), open);
}

void Runtime::Parts::close_listeners(std::vector<std::unique_ptr<Acceptor>> acceptors) {
  for (auto& acceptor : acceptors) {
    run_on(acceptor->loop(),
           [&acceptor]() -> Task<> { co_await acceptor->finish(kPatience, nullptr); });
  }
}

}  // namespace rondo
