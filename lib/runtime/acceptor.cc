// SPDX-License-Identifier: MIT
#include "runtime/acceptor.h"

#include <cerrno>
#include <chrono>
#include <functional>
#include <utility>

#include "rondo/coro/shield.h"
#include "rondo/io/accept.h"
#include "rondo/io/sleep.h"
#include "rondo/kernel/control.h"
#include "rondo/net/accept_back_off.h"
#include "runtime/quiesce.h"

namespace rondo {
namespace {

// How long a TCP handshake that is under way may take to end.
constexpr Duration kSettle = std::chrono::milliseconds(10);
// After an error that AcceptBackOff does not pause for.
constexpr Duration kPause = std::chrono::milliseconds(10);

// EINVAL: of AF_UNIX, once it is quiescent.
bool is_empty_queue(Error error) noexcept {
  return error.number() == EAGAIN || error.number() == EINVAL;
}

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

Task<> Acceptor::finish(Duration patience, SharedEvent* lacks_descriptors) {
  finishing_ = true;
  patience_ = patience;
  lacks_descriptors_ = lacks_descriptors;
  if (accepting_ != nullptr) accepting_->stop();
  while (!closed_) {
    auto told = co_await has_closed_.wait();
    if (told) continue;
    hurries_ = true;
    co_await shield(closed());
  }
}

Task<> Acceptor::closed() {
  while (!closed_) {
    auto told = co_await has_closed_.wait();
    static_cast<void>(told.ok());  // it is shielded
  }
}

Task<> Acceptor::accept_all(SocketListener& listener) {
  AcceptBackOff back_off;
  std::uint64_t turn = 0;
  std::size_t taken = 0;
  for (;;) {
    if (back_off.pause() != Duration(0)) {
      auto slept = co_await sleep(back_off.pause());
      if (!slept) co_return;
    }
    // Not listener.accept_fd(), whose frame would cost each connection 250 instructions.
    auto accepted = co_await Accept(listener.slot());
    back_off.heed(accepted.error());
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

// The next accept waits where something is used up.
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

// The queue is empty when it says so, however slow the loop is: so the backend, which takes
// connections out of it in its own time, is asked to leave it.
Task<> Acceptor::take_queued(SocketListener& listener) {
  const auto address = Address::local_of(listener.fd());
  // Where it is refused, those who come in the moment of the close are lost.
  if (address) static_cast<void>(quiesce(listener.fd(), address->family()).ok());
  while (loop_.backend().release(listener.slot()) == Release::kLater) {
    auto turned = co_await sleep(Duration(0));
    if (!turned) co_return;
  }
  static_cast<void>(control::set_blocking_mode(listener.fd(), BlockingMode::kNonBlocking).ok());
  const TimePoint give_up = after(loop_.now(), patience_);
  bool was_empty = false;
  std::size_t taken = 0;
  while (!hurries_ && loop_.now() <= give_up) {
    auto accepted = accept_queued(listener.slot(), loop_.backend().blocking());
    Duration pause = kSettle;
    if (accepted) {
      dispatcher_.dispatch(std::move(*accepted), loop_, options_.only, handler_, options_.trigger);
      was_empty = false;
      if (++taken % options_.accepts_per_turn != 0) continue;
      pause = Duration(0);
    } else if (is_empty_queue(accepted.error())) {
      // And nobody has come whose handshake was under way.
      if (std::exchange(was_empty, true)) co_return;
    } else {
      const int number = accepted.error().number();
      const bool lacks = number == EMFILE || number == ENFILE;
      if (lacks && lacks_descriptors_ != nullptr) lacks_descriptors_->set();
      co_await pause_after(accepted.error());
    }
    auto slept = co_await sleep(pause);
    if (!slept) co_return;
  }
}

}  // namespace rondo
