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
  HandOver(Dispatcher& dispatcher, Fd accepted, Ticket ticket, const Destination& to) noexcept
      : dispatcher_(dispatcher),
        accepted_(std::move(accepted)),
        ticket_(std::move(ticket)),
        to_(to) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  void run() noexcept override {
    const std::unique_ptr<HandOver> self(this);
    dispatcher_.arrive(std::move(accepted_), std::move(ticket_), to_);
  }
  const char* what() const noexcept override { return "hand-over"; }

 private:
  Dispatcher& dispatcher_;
  Fd accepted_;
  Ticket ticket_;
  const Destination to_;
};

void Dispatcher::arrive(Fd accepted, Ticket ticket, const Destination& to) {
  Loop& loop = to.connections.loop();
  auto socket = to.prepared ? Socket::adopt_prepared(loop, std::move(accepted))
                            : Socket::adopt(loop, std::move(accepted));
  if (!socket) {
    return incidents_.happened(Incident::kHandOverFailed, socket.error().message());
  }
  socket->set_trigger(to.trigger);
  to.connections.serve(std::move(*socket), std::move(ticket), to.handler);
}

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
  const bool prepared = here.backend().blocking() == there.backend().blocking();
  const Destination to = {target, handler, trigger, prepared};
  if (&there == &here) return arrive(std::move(accepted), std::move(ticket), to);
  auto mail = std::make_unique<HandOver>(*this, std::move(accepted), std::move(ticket), to);
  if (there.post(*mail)) {
    static_cast<void>(mail.release());  // it deletes itself when it has arrived
  } else {
    incidents_.happened(Incident::kHandOverFailed, "its loop has ended");
  }
}

}  // namespace rondo
