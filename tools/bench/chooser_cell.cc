// SPDX-License-Identifier: MIT
#include "chooser_cell.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <vector>

#include <absl/strings/str_cat.h>

#include "rondo/net/endpoint.h"
#include "rondo/runtime/chooser.h"

namespace rondo::bench {
namespace {

constexpr int kArrivals = 20'000;
constexpr double kMeanAlive = 400;  // connections at a time, about
constexpr int kClients = 200;       // addresses that they come from

struct Fairness {
  double share;        // mean, over the time, of the fullest loop's connections to an even share
  double nanoseconds;  // of one choice
};

struct Alive {
  double end;
  std::size_t loop;
  bool operator>(const Alive& other) const { return end > other.end; }
};

class Arrivals {
 public:
  Arrivals(std::size_t loops, unsigned seed) : loads_(loops), random_(seed) {
    for (int i = 0; i < kClients; ++i) {
      clients_.push_back(
          Endpoint::parse(absl::StrCat("10.0.", i / 250, ".", 1 + i % 250, ":9")).value());
    }
  }

  Fairness run(Chooser& chooser) {
    using Clock = std::chrono::steady_clock;
    double sum = 0;
    Clock::duration choosing{};
    for (int now = 0; now < kArrivals; ++now) {
      while (!alive_.empty() && alive_.top().end <= now) end_first();
      const Endpoint& client = clients_[random_() % clients_.size()];
      const Clock::time_point before = Clock::now();
      const std::size_t loop = chooser.choose(loads_, chooser.needs_peer() ? &client : nullptr);
      choosing += Clock::now() - before;
      begin(loop, now);
      sum += unevenness();
    }
    const std::chrono::duration<double, std::nano> time = choosing;
    return {.share = sum / kArrivals, .nanoseconds = time.count() / kArrivals};
  }

 private:
  void begin(std::size_t loop, int now) {
    ++loads_[loop].connections;
    alive_.push({now + lifetime(), loop});
  }

  void end_first() {
    --loads_[alive_.top().loop].connections;
    alive_.pop();
  }

  // Most are short and a few very long: a tenth of the connections makes nine tenths of the load.
  double lifetime() {
    std::exponential_distribution<double> one(1);
    return one(random_) * kMeanAlive * (random_() % 10 == 0 ? 9.0 : 1.0 / 9);
  }

  double unevenness() const {
    double most = 0;
    double all = 0;
    for (const LoopLoad& load : loads_) {
      const double connections = load.connections.load(std::memory_order_relaxed);
      most = std::max(most, connections);
      all += connections;
    }
    return most * static_cast<double>(loads_.size()) / all;
  }

  std::vector<LoopLoad> loads_;
  std::mt19937 random_;
  std::vector<Endpoint> clients_;
  std::priority_queue<Alive, std::vector<Alive>, std::greater<>> alive_;
};

struct Contender {
  const char* name;
  std::unique_ptr<Chooser> (*make)();
};

}  // namespace

void run_choosers(std::size_t loops, const Settings& settings, Progress& progress, Cell& cell) {
  for (const Contender& kind : {Contender{"round-robin", [] { return round_robin(); }},
                                Contender{"least-connections", [] { return least_connections(); }},
                                Contender{"peer-hash", [] { return peer_hash(); }}}) {
    progress.at(static_cast<double>(cell.rows.size()) / 3, kind.name, cell);
    std::vector<double> shares, times;
    for (int round = 0; round < settings.rounds; ++round) {
      const auto chooser = kind.make();
      const Fairness found = Arrivals(loops, static_cast<unsigned>(round)).run(*chooser);
      shares.push_back(found.share);
      times.push_back(found.nanoseconds);
    }
    Row row = {.subject = kind.name, .kind = "rondo"};
    row.set("share", std::move(shares));
    row.set("ns", std::move(times));
    cell.rows.push_back(std::move(row));
  }
}

}  // namespace rondo::bench
