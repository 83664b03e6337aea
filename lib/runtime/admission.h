// SPDX-License-Identifier: MIT
// How many connections there may be, in all and of one address.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "rondo/net/endpoint.h"
#include "rondo/runtime/chooser.h"

namespace rondo {

class Admission;

// A connection that counts: in all, for its address, and for the loop that it is given to, until
// this goes. Move-only; any thread. Empty: it was refused.
class Ticket {
 public:
  using Place = std::pair<const Endpoint, std::uint32_t>;  // in the counts per address

  Ticket() noexcept = default;
  Ticket(Ticket&& other) noexcept
      : admission_(std::exchange(other.admission_, nullptr)),
        place_(std::exchange(other.place_, nullptr)),
        load_(std::exchange(other.load_, nullptr)) {}
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket();

  explicit operator bool() const noexcept { return admission_ != nullptr; }

  // The loop that the connection is given to; it does not count any more for the one that it had
  // before, which is returned: the same one for the first.
  LoopLoad& assign(LoopLoad& load) noexcept {
    LoopLoad* before = std::exchange(load_, &load);
    load.connections.fetch_add(1, std::memory_order_relaxed);
    if (before == nullptr) return load;
    before->connections.fetch_sub(1, std::memory_order_relaxed);
    return *before;
  }

 private:
  friend class Admission;  // the only one that lets in
  Ticket(Admission& admission, Place* place) noexcept : admission_(&admission), place_(place) {}

  Admission* admission_ = nullptr;
  Place* place_ = nullptr;  // nullptr: without a limit per address
  LoopLoad* load_ = nullptr;
};

// Exact, whoever asks at the same time: who is refused took nobody's place meanwhile. Any thread.
// The count of all is one atomic; the counts per address are behind sixteen mutexes, each taken
// when a connection comes and when it goes, and only where that limit is set.
class Admission {
 public:
  enum class Verdict : std::uint8_t { kAdmitted, kTooManyInAll, kTooManyOfAddress };

  // 0 is no limit.
  Admission(std::size_t most_in_all, std::size_t most_per_address) noexcept
      : most_in_all_(most_in_all), most_per_address_(most_per_address) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  bool counts_addresses() const noexcept { return most_per_address_ != 0; }

  // `peer` may be nullptr: then no limit per address applies. An IPv4 address and the same one
  // mapped into IPv6 are two; the port does not count.
  std::pair<Ticket, Verdict> admit(const Endpoint* peer);

  std::size_t connections() const noexcept { return all_.load(std::memory_order_relaxed); }
  // Since the beginning: let in, and gone again.
  std::uint64_t admitted() const noexcept { return admitted_.load(std::memory_order_relaxed); }
  std::uint64_t ended() const noexcept { return ended_.load(std::memory_order_relaxed); }

 private:
  friend class Ticket;  // gives back what it holds

  struct Shard {
    std::mutex mutex;
    std::unordered_map<Endpoint, std::uint32_t> counts;
  };

  Shard& shard_of(const Endpoint& address) noexcept {
    return shards_[address.hash() / 7 % shards_.size()];
  }
  bool take_one_of_all() noexcept;
  std::pair<Ticket, Verdict> admit_of(const Endpoint& address);
  void give_back_place(Ticket::Place& place);

  const std::size_t most_in_all_;
  const std::size_t most_per_address_;
  std::atomic<std::size_t> all_{0};
  std::atomic<std::uint64_t> admitted_{0};
  std::atomic<std::uint64_t> ended_{0};
  std::array<Shard, 16> shards_;
};

}  // namespace rondo
