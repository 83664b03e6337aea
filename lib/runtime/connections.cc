// SPDX-License-Identifier: MIT
#include "runtime/connections.h"

#include <sys/socket.h>

#include <exception>
#include <utility>

#include "rondo/coro/this_task.h"
#include "rondo/kernel/control.h"
#include "rondo/loop/switch_to.h"

namespace rondo {

Connections::Connection::Connection(Connections& all, const Slot& slot, TaskContext& context_,
                                    Ticket& ticket_) noexcept
    : stream(slot), context(context_), ticket(ticket_) {
  all.live_.push_back(*this);
  if (all.receiving_ended_) all.end_receiving(stream);
  if (all.cut_) context.stop();
}

// What a connection counts as, from before its task begins until its frame is gone.
class Connections::Seat {
 public:
  Seat(Connections& all, Ticket ticket) noexcept : all_(&all), ticket_(std::move(ticket)) {
    ++all.running_;
  }
  Seat(Seat&& other) noexcept
      : all_(std::exchange(other.all_, nullptr)), ticket_(std::move(other.ticket_)) {}
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (all_ != nullptr && --all_->running_ == 0) all_->changed_.notify();
  }

  Connections& all() const noexcept { return *all_; }
  Ticket& ticket() noexcept { return ticket_; }

 private:
  Connections* all_;
  Ticket ticket_;
};

void Connections::serve(Socket socket, Ticket ticket, const ConnectionHandler& handler) {
  loop_.root().add(run(Seat(*this, std::move(ticket)), std::move(socket), handler));
}

#if defined(__cpp_exceptions)
namespace {

// The exception that is being handled.
void count_failure(Incidents& incidents) {
  try {
    throw;
  } catch (const std::exception& failure) {
    incidents.happened(Incident::kHandlerFailed, failure.what());
  } catch (...) {
    incidents.happened(Incident::kHandlerFailed, {});
  }
}

}  // namespace
#endif

// Beside the handler's own the only frame of a connection.
Job Connections::run(Seat seat, Socket socket, const ConnectionHandler& handler) {
  Connection connection(seat.all(), socket.slot(), co_await this_context(), seat.ticket());
#if defined(__cpp_exceptions)
  try {
    co_await handler.serve(std::move(socket));
  } catch (...) {
    count_failure(seat.all().incidents_);
  }
#else
  static_cast<void>(seat.all().incidents_);  // nothing can fail
  co_await handler.serve(std::move(socket));
#endif
  // A handler may have gone on on another loop; this one's list is not to be touched from there.
  if (connection.context.is_away()) co_await switch_to(seat.all().loop_);
}

void Connections::end_receiving(StreamName stream) noexcept {
  const Slot* slot = loop_.slots().find(stream.index, stream.generation);
  // ENOTCONN: the peer has gone already, and the connection is about to notice.
  if (slot != nullptr) static_cast<void>(control::shutdown(slot->fd, SHUT_RD));
}

void Connections::end_receiving() noexcept {
  receiving_ended_ = true;
  live_.for_each([this](Connection& connection) { end_receiving(connection.stream); });
  for (StreamName guest : guests_) end_receiving(guest);
}

std::size_t Connections::cut() noexcept {
  cut_ = true;
  live_.for_each([](Connection& connection) { connection.context.stop(); });
  return running_;
}

Ticket* Connections::ticket_of(const TaskContext& task) noexcept {
  Connection* each = live_.empty() ? nullptr : &live_.front();
  while (each != nullptr && &each->context != &task) each = live_.next(*each);
  return each == nullptr ? nullptr : &each->ticket;
}

void Connections::welcome(const Slot& slot) {
  // Those who have gone are forgotten when the list would grow, so it is at most twice as long as
  // it must be.
  if (guests_.size() == guests_.capacity()) {
    std::erase_if(guests_, [this](StreamName guest) {
      return loop_.slots().find(guest.index, guest.generation) == nullptr;
    });
    guests_.reserve(2 * guests_.size() + 1);
  }
  guests_.emplace_back(slot);
  if (receiving_ended_) end_receiving(guests_.back());
}

Task<> Connections::all_ended() {
  while (running_ != 0) {
    auto told = co_await changed_.wait();
    if (!told) co_return;
  }
}

}  // namespace rondo
