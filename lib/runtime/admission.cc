// SPDX-License-Identifier: MIT
#include "runtime/admission.h"

namespace rondo {

Ticket::~Ticket() {
  if (admission_ == nullptr) return;
  if (load_ != nullptr) load_->connections.fetch_sub(1, std::memory_order_relaxed);
  if (place_ != nullptr) admission_->give_back_place(*place_);
  admission_->ended_.fetch_add(1, std::memory_order_relaxed);
  admission_->all_.fetch_sub(1, std::memory_order_relaxed);
}

std::pair<Ticket, Admission::Verdict> Admission::admit(const Endpoint* peer) {
  // Counted first and taken back if that was one too many, so that two at a time cannot both see
  // the last place.
  const std::size_t before = all_.fetch_add(1, std::memory_order_relaxed);
  if (most_in_all_ != 0 && before >= most_in_all_) {
    all_.fetch_sub(1, std::memory_order_relaxed);
    return {Ticket(), Verdict::kTooManyInAll};
  }
  Ticket::Place* place = nullptr;
  if (counts_addresses() && peer != nullptr) {
    place = take_place(peer->with_port(0));
    if (place == nullptr) {
      all_.fetch_sub(1, std::memory_order_relaxed);
      return {Ticket(), Verdict::kTooManyOfAddress};
    }
  }
  admitted_.fetch_add(1, std::memory_order_relaxed);
  return {Ticket(*this, place), Verdict::kAdmitted};
}

Ticket::Place* Admission::take_place(const Endpoint& address) {
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  Ticket::Place& place = *shard.counts.try_emplace(address, 0).first;
  if (place.second >= most_per_address_) return nullptr;
  ++place.second;
  return &place;
}

void Admission::give_back_place(Ticket::Place& place) {
  Shard& shard = shard_of(place.first);
  const std::lock_guard lock(shard.mutex);
  if (--place.second == 0) shard.counts.erase(place.first);
}

}  // namespace rondo
