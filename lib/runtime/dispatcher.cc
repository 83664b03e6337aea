// SPDX-License-Identifier: MIT
#include "runtime/dispatcher.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rondo/coro/frame_pool.h"

namespace rondo {
namespace {

// "127.0.0.1", "[::1]"
std::string host_of(const Endpoint& peer) {
  std::string text = peer.to_string();
  text.resize(text.rfind(':'));
  return text;
}

}  // namespace

// A connection on its way to its loop. If that has ended it is closed.
class Dispatcher::HandOver final : public Mail {
 public:
  HandOver(Fd accepted, bool prepared, Ticket ticket, Connections& target, Incidents& incidents,
           const ConnectionHandler& handler, Trigger trigger) noexcept
      : accepted_(std::move(accepted)),
        ticket_(std::move(ticket)),
        target_(target),
        incidents_(incidents),
        handler_(handler),
        trigger_(trigger),
        prepared_(prepared) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  void run() noexcept override {
    const std::unique_ptr<HandOver> self(this);
    arrive();
  }
  const char* what() const noexcept override { return "hand-over"; }

  void arrive() {
    Loop& loop = target_.loop();
    auto socket = prepared_ ? Socket::adopt_prepared(loop, std::move(accepted_))
                            : Socket::adopt(loop, std::move(accepted_));
    if (!socket) {
      return incidents_.happened(Incident::kHandOverFailed, socket.error().message());
    }
    socket->set_trigger(trigger_);
    target_.serve(std::move(*socket), std::move(ticket_), handler_);
  }

 private:
  Fd accepted_;
  Ticket ticket_;
  Connections& target_;
  Incidents& incidents_;
  const ConnectionHandler& handler_;
  const Trigger trigger_;
  const bool prepared_;
};

Ticket Dispatcher::admit(const Endpoint* peer) {
  auto [ticket, verdict] = admission_.admit(peer);
  switch (verdict) {
    case Admission::Verdict::kAdmitted:
      break;
    case Admission::Verdict::kTooManyInAll:
      incidents_.happened(Incident::kRefusedInTotal, {});
      break;
    case Admission::Verdict::kTooManyOfAddress:
      incidents_.happened(Incident::kRefusedPerAddress, host_of(*peer));
      break;
  }
  return std::move(ticket);
}

void Dispatcher::dispatch(Fd accepted, Loop& here, Connections* only,
                          const ConnectionHandler& handler, Trigger trigger) {
  std::optional<Endpoint> peer;
  if (admission_.counts_addresses() || (only == nullptr && chooser_.needs_peer())) {
    auto found = peer_endpoint(accepted.number());
    if (found) peer = *found;
  }
  const Endpoint* known = peer ? &*peer : nullptr;
  Ticket ticket = admit(known);
  if (!ticket) return;
  Connections& target = only != nullptr ? *only : *targets_[chooser_.choose(loads_, known)];
  ticket.assign(target.load());
  Loop& there = target.loop();
  if (&there == &here) {
    HandOver(std::move(accepted), true, std::move(ticket), target, incidents_, handler, trigger)
        .arrive();
    return;
  }
  const bool prepared = here.backend().blocking() == there.backend().blocking();
  auto mail = std::make_unique<HandOver>(std::move(accepted), prepared, std::move(ticket), target,
                                         incidents_, handler, trigger);
  if (there.post(*mail)) {
    static_cast<void>(mail.release());  // it deletes itself when it has arrived
  } else {
    incidents_.happened(Incident::kHandOverFailed, "its loop has ended");
  }
}

}  // namespace rondo
