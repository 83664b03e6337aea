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
  if (counts_addresses() && peer != nullptr) return admit_of(peer->with_port(0));
  if (!take_one_of_all()) return {Ticket(), Verdict::kTooManyInAll};
  return {Ticket(*this, nullptr), Verdict::kAdmitted};
}

bool Admission::take_one_of_all() noexcept {
  std::size_t now = all_.load(std::memory_order_relaxed);
  do {
    if (most_in_all_ != 0 && now >= most_in_all_) return false;
  } while (!all_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
  admitted_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// Both places are taken under the address' mutex, or none.
std::pair<Ticket, Admission::Verdict> Admission::admit_of(const Endpoint& address) {
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.counts.find(address);
  if (found != shard.counts.end() && found->second >= most_per_address_) {
    return {Ticket(), Verdict::kTooManyOfAddress};
  }
  if (!take_one_of_all()) return {Ticket(), Verdict::kTooManyInAll};
  Ticket::Place& place = *shard.counts.try_emplace(address, 0).first;
  ++place.second;
  return {Ticket(*this, &place), Verdict::kAdmitted};
}

void Admission::give_back_place(Ticket::Place& place) {
  Shard& shard = shard_of(place.first);
  const std::lock_guard lock(shard.mutex);
  if (--place.second == 0) shard.counts.erase(place.first);
}

}  // namespace rondo
