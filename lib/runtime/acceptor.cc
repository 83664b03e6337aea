// SPDX-License-Identifier: MIT
#include "runtime/acceptor.h"

#include <cerrno>
#include <chrono>
#include <functional>
#include <utility>

#include "rondo/io/sleep.h"
#include "rondo/io/with_timeout.h"
#include "runtime/quiesce.h"

namespace rondo {
namespace {

// How long nobody comes out of the queue before it counts as empty. A TCP handshake that is under
// way may end in this time, too.
constexpr Duration kSettle = std::chrono::milliseconds(10);
// After an error that accept() itself does not pause for.
constexpr Duration kPause = std::chrono::milliseconds(10);

}  // namespace

void Acceptor::start(SocketListener listener) {
  loop_.spawn([this](SocketListener taken) { return run(std::move(taken)); }, std::move(listener));
}

Task<> Acceptor::run(SocketListener listener) {
  auto accept = [&](Scope& scope) -> Task<> {
    scope.spawn(&Acceptor::accept_all, std::ref(*this), std::ref(listener));
    accepting_ = &scope;
    if (finishing_) scope.stop();
    co_return;
  };
  co_await with_scope(accept);
  accepting_ = nullptr;
  co_await take_queued(listener);
  co_await listener.close();
  closed_ = true;
  has_closed_.notify();
}

Task<> Acceptor::finish() {
  finishing_ = true;
  if (accepting_ != nullptr) accepting_->stop();
  while (!closed_) {
    auto told = co_await has_closed_.wait();
    if (!told) co_return;
  }
}

Task<> Acceptor::accept_all(SocketListener& listener) {
  std::uint64_t turn = 0;
  std::size_t taken = 0;
  for (;;) {
    auto accepted = co_await listener.accept_fd();
    if (!accepted) {
      if (accepted.error().is(Errc::canceled) || accepted.error().is(Errc::closed)) co_return;
      co_await pause_after(accepted.error());
      continue;
    }
    dispatcher_.dispatch(std::move(*accepted), loop_, options_.only, handler_, options_.trigger);
    if (std::exchange(turn, loop_.turns()) != loop_.turns()) taken = 0;
    if (++taken < options_.accepts_per_turn) continue;
    // A timer that is due runs in the next turn, not in this one.
    auto slept = co_await sleep(Duration(0));
    if (!slept) co_return;
  }
}

// The listener has paused already where something is used up.
Task<> Acceptor::pause_after(Error error) {
  switch (error.number()) {
    case EMFILE:
    case ENFILE:
    case static_cast<int>(Errc::descriptor_too_large):
      incidents_.happened(Incident::kPausedForDescriptors, error.message());
      co_return;
    case ENOBUFS:
    case ENOMEM:
      incidents_.happened(Incident::kPausedForMemory, error.message());
      co_return;
    default:
      incidents_.happened(Incident::kAcceptFailed, error.message());
      auto slept = co_await sleep(kPause);
      static_cast<void>(slept.ok());  // canceled: the next accept says so
  }
}

Task<> Acceptor::take_queued(SocketListener& listener) {
  const auto address = Address::local_of(listener.fd());
  // Where it is refused, those who come in the moment of the close are lost.
  if (address) static_cast<void>(quiesce(listener.fd(), address->family()).ok());
  for (;;) {
    auto accepted = co_await with_timeout(kSettle, listener.accept_fd());
    if (!accepted) co_return;
    dispatcher_.dispatch(std::move(*accepted), loop_, options_.only, handler_, options_.trigger);
  }
}

}  // namespace rondo
