// SPDX-License-Identifier: MIT
#include "rondo/runtime/chooser.h"

#include <bit>
#include <utility>

namespace rondo {
namespace {

// Places 0 to n - 1 in turn, for several threads.
class Turns {
 public:
  explicit Turns(std::uint64_t first = 0) noexcept : next_(first) {}

  std::size_t take(std::size_t count) noexcept {
    // A mask keeps its order when the counter overflows; a modulus would give one place twice, so
    // there the counter itself is kept below `count`.
    if (std::has_single_bit(count)) {
      return next_.fetch_add(1, std::memory_order_relaxed) & (count - 1);
    }
    std::uint64_t now = next_.load(std::memory_order_relaxed);
    std::uint64_t place = 0;
    do {
      place = now % count;
    } while (!next_.compare_exchange_weak(now, place + 1, std::memory_order_relaxed));
    return place;
  }

 private:
  std::atomic<std::uint64_t> next_;
};

class RoundRobin final : public Chooser {
 public:
  explicit RoundRobin(std::uint64_t first) noexcept : turns_(first) {}

  std::size_t choose(std::span<const LoopLoad> loops, const Endpoint*) noexcept override {
    return turns_.take(loops.size());
  }

 private:
  Turns turns_;
};

// The place with the least `load(...)`, looked for from a different place each time.
template <class Load>
std::size_t least(std::span<const LoopLoad> loops, std::size_t begin, Load load) noexcept {
  std::size_t best = begin;
  auto best_load = load(loops[begin]);
  for (std::size_t i = 1; i < loops.size(); ++i) {
    const std::size_t place = begin + i < loops.size() ? begin + i : begin + i - loops.size();
    const auto here = load(loops[place]);
    if (here < best_load) {
      best = place;
      best_load = here;
    }
  }
  return best;
}

class LeastConnections final : public Chooser {
 public:
  std::size_t choose(std::span<const LoopLoad> loops, const Endpoint*) noexcept override {
    return least(loops, turns_.take(loops.size()), [](const LoopLoad& loop) {
      return loop.connections.load(std::memory_order_relaxed);
    });
  }

 private:
  Turns turns_;
};

class LeastBusy final : public Chooser {
 public:
  bool needs_busy() const noexcept override { return true; }

  std::size_t choose(std::span<const LoopLoad> loops, const Endpoint*) noexcept override {
    return least(loops, turns_.take(loops.size()), [](const LoopLoad& loop) {
      constexpr std::uint32_t kAboutEqual = 50;  // thousandths
      return std::pair(loop.busy.load(std::memory_order_relaxed) / kAboutEqual,
                       loop.connections.load(std::memory_order_relaxed));
    });
  }

 private:
  Turns turns_;
};

class PeerHash final : public Chooser {
 public:
  bool needs_peer() const noexcept override { return true; }

  std::size_t choose(std::span<const LoopLoad> loops, const Endpoint* peer) noexcept override {
    if (peer == nullptr) return turns_.take(loops.size());
    return peer->with_port(0).hash() % loops.size();
  }

 private:
  Turns turns_;
};

class UsersChoice final : public Chooser {
 public:
  using Function = std::function<std::size_t(std::span<const LoopLoad>, const Endpoint*)>;

  explicit UsersChoice(Function function) : function_(std::move(function)) {}

  bool needs_peer() const noexcept override { return true; }
  bool needs_busy() const noexcept override { return true; }

  std::size_t choose(std::span<const LoopLoad> loops, const Endpoint* peer) noexcept override {
    return function_(loops, peer) % loops.size();
  }

 private:
  Function function_;
};

}  // namespace

std::unique_ptr<Chooser> round_robin(std::uint64_t first) {
  return std::make_unique<RoundRobin>(first);
}
std::unique_ptr<Chooser> least_connections() { return std::make_unique<LeastConnections>(); }
std::unique_ptr<Chooser> least_busy() { return std::make_unique<LeastBusy>(); }
std::unique_ptr<Chooser> peer_hash() { return std::make_unique<PeerHash>(); }
std::unique_ptr<Chooser> choose_by(
    std::function<std::size_t(std::span<const LoopLoad>, const Endpoint* peer)> function) {
  return std::make_unique<UsersChoice>(std::move(function));
}

}  // namespace rondo
