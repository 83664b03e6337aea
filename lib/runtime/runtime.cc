// SPDX-License-Identifier: MIT
#include "rondo/runtime/runtime.h"

#include <utility>

#include "rondo/base/assert.h"
#include "rondo/runtime/cpus.h"
#include "runtime/call_on.h"
#include "runtime/runtime_parts.h"

namespace rondo {

std::string_view name_of(Topology topology) noexcept {
  switch (topology) {
    case Topology::kSingle:
      return "single";
    case Topology::kPool:
      return "pool";
    case Topology::kMasterSub:
      return "master-sub";
  }
  return "";
}

std::string_view name_of(AcceptMode mode) noexcept {
  return mode == AcceptMode::kHandOver ? "handoff" : "reuseport";
}

Runtime::Runtime(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}

Runtime::~Runtime() = default;

absl::StatusOr<std::unique_ptr<Runtime>> Runtime::create(RuntimeOptions options) {
  if (options.topology == Topology::kMasterSub && options.accept == AcceptMode::kHandOver &&
      options.masters == 0) {
    return absl::InvalidArgumentError("runtime: hand-over needs at least one master");
  }
  auto parts = std::make_unique<Parts>(std::move(options));
  absl::Status status = parts->open_own_loop();
  if (status.ok()) status = parts->open_threads();
  if (status.ok()) status = parts->open_signals();
  if (!status.ok()) return status;
  return std::unique_ptr<Runtime>(new Runtime(std::move(parts)));
}

absl::StatusOr<Service> Runtime::serve(const Address& address,
                                       std::unique_ptr<ConnectionHandler> handler) {
  const std::lock_guard one_at_a_time(parts_->calls);
  if (parts_->draining) return absl::FailedPreconditionError("the runtime is draining");
  auto service = std::make_unique<ServiceParts>();
  service->handler = std::move(handler);
  service->place = parts_->services.size();
  auto opened = parts_->open_listeners(*service, address);
  // Even if it could not be opened everywhere: a connection may have come in meanwhile.
  const std::lock_guard lock(parts_->services_mutex);
  const std::size_t id = parts_->services.size();
  if (opened.ok()) service->acceptors = std::move(opened->acceptors);
  parts_->services.push_back(std::move(service));
  if (!opened.ok()) return opened.status();
  return Service{id, opened->address};
}

absl::StatusOr<Service> Runtime::rebind(const Service& service, const Address& address) {
  const std::lock_guard one_at_a_time(parts_->calls);
  if (parts_->draining) return absl::FailedPreconditionError("the runtime is draining");
  if (!parts_->running && !parts_->uses_threads()) {
    return absl::FailedPreconditionError("rebind: the one loop must run to close a listener");
  }
  if (service.id >= parts_->services.size()) {
    return absl::InvalidArgumentError("rebind: this runtime has no such service");
  }
  ServiceParts& parts = *parts_->services[service.id];
  auto opened = parts_->open_listeners(parts, address);
  if (!opened.ok()) return opened.status();
  std::vector<std::unique_ptr<Acceptor>> old;
  {
    const std::lock_guard lock(parts_->services_mutex);
    old = std::exchange(parts.acceptors, std::move(opened->acceptors));
  }
  parts_->close_listeners(std::move(old));
  return Service{service.id, opened->address};
}

DrainReport Runtime::run() {
  Parts& parts = *parts_;
  {
    std::unique_lock lock(parts.calls, std::defer_lock);
    if (!parts.uses_threads()) lock.lock();  // serve() may be opening a listener on the one loop
    require(!parts.running.exchange(true), "Runtime::run was called twice");
  }
  if (parts.options.pin && !parts.uses_threads()) {
    static_cast<void>(pin_to_cpu(usable_cpus().front()).ok());  // it is one that may be used
  }
  parts.own_loop->spawn([&parts] { return parts.supervise(); });
  parts.own_loop->run_until_stopped();
  parts.stop_threads();
  return parts.report;
}

void Runtime::stop() {
  Parts* parts = parts_.get();
  parts->own_loop->post([parts] { parts->ask(); });
}

std::size_t Runtime::loops() const noexcept { return parts_->serving; }
Loop& Runtime::loop(std::size_t place) const noexcept {
  return parts_->connections.at(place)->loop();
}
Loop& Runtime::main_loop() const noexcept { return *parts_->own_loop; }
std::size_t Runtime::masters() const noexcept { return parts_->masters.size(); }
Loop& Runtime::master(std::size_t place) const noexcept {
  return parts_->masters.at(place)->loop();
}
std::span<const LoopLoad> Runtime::loads() const noexcept {
  return {parts_->loads.get(), parts_->serving};
}

WorkerPool& Runtime::pool() const noexcept {
  require(parts_->pool != nullptr, "Runtime::pool: only Topology::kPool has one");
  return *parts_->pool;
}

RuntimeCounters Runtime::counters() const noexcept {
  return {parts_->admission.admitted(), parts_->admission.connections()};
}
const Incidents& Runtime::incidents() const noexcept { return parts_->incidents; }

}  // namespace rondo
