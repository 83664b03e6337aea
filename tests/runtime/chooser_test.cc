// SPDX-License-Identifier: MIT
#include "rondo/runtime/chooser.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

// How often each of `loops` was chosen in `times` choices.
std::vector<int> shares(Chooser& chooser, std::span<const LoopLoad> loops, int times) {
  std::vector<int> count(loops.size());
  for (int i = 0; i < times; ++i) ++count.at(chooser.choose(loops, nullptr));
  return count;
}

int spread(const std::vector<int>& count) {
  const auto [least, most] = std::minmax_element(count.begin(), count.end());
  return *most - *least;
}

TEST(RoundRobin, shares_differ_by_one_at_most_for_any_number_of_loops) {
  for (std::size_t loops : {1u, 2u, 3u, 4u, 5u, 7u, 8u}) {
    const std::vector<LoopLoad> loads(loops);
    auto chooser = round_robin();
    for (int times : {1, 2, 3, 10, 100, 1001}) {
      EXPECT_LE(spread(shares(*chooser, loads, times)), 1) << loops << " loops, " << times;
    }
  }
}

TEST(RoundRobin, a_counter_that_overflows_leaves_no_gap_and_gives_no_loop_twice) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr auto kInt = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
  for (std::uint64_t first : {kMost - 4, kMost, kInt - 4, 2 * kInt - 1}) {
    for (std::size_t loops : {2u, 3u, 4u, 7u}) {
      const std::vector<LoopLoad> loads(loops);
      auto chooser = round_robin(first);
      std::size_t before = chooser->choose(loads, nullptr);
      for (int i = 0; i < 30; ++i) {
        const std::size_t now = chooser->choose(loads, nullptr);
        EXPECT_EQ(now, (before + 1) % loops) << loops << " loops, from " << first;
        before = now;
      }
    }
  }
}

TEST(RoundRobin, several_threads_share_one_round) {
  for (std::size_t loops : {3u, 4u}) {
    const std::vector<LoopLoad> loads(loops);
    auto chooser = round_robin();
    std::vector<std::vector<int>> counts(3);
    std::vector<std::thread> threads;
    for (auto& count : counts) {
      threads.emplace_back([&] { count = shares(*chooser, loads, 1000); });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<int> sum(loops);
    for (const auto& count : counts) {
      for (std::size_t i = 0; i < loops; ++i) sum[i] += count[i];
    }
    EXPECT_LE(spread(sum), 1);
  }
}

TEST(LeastConnections, takes_the_one_with_the_fewest) {
  std::vector<LoopLoad> loads(4);
  auto chooser = least_connections();
  const std::uint32_t counts[] = {5, 3, 9, 4};
  for (std::size_t i = 0; i < 4; ++i) loads[i].connections = counts[i];
  for (int i = 0; i < 8; ++i) EXPECT_EQ(chooser->choose(loads, nullptr), 1u);
  loads[1].connections = 10;
  EXPECT_EQ(chooser->choose(loads, nullptr), 3u);
}

TEST(LeastConnections, equals_take_turns) {
  const std::vector<LoopLoad> loads(3);
  auto chooser = least_connections();
  EXPECT_LE(spread(shares(*chooser, loads, 100)), 1);
}

// Connections of very different length: a chooser that looks keeps the loops alike, one that does
// not lets chance decide.
TEST(LeastConnections, keeps_loops_more_alike_than_round_robin_does_under_churn) {
  const auto worst_spread = [](Chooser& chooser) {
    std::vector<LoopLoad> loads(4);
    std::vector<std::size_t> living;
    std::uint32_t worst = 0;
    std::uint64_t random = 1;
    for (int i = 0; i < 20000; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const std::size_t place = chooser.choose(loads, nullptr);
      ++loads[place].connections;
      living.push_back(place);
      // Every fourth stays; of the others the ends come in bunches.
      if ((random >> 60) < 4) {
        for (int end = 0; end < 4 && living.size() > 200; ++end) {
          random = random * 6364136223846793005u + 1442695040888963407u;
          const std::size_t who = (random >> 33) % living.size();
          --loads[living[who]].connections;
          living[who] = living.back();
          living.pop_back();
        }
      }
      if (i < 1000) continue;
      std::uint32_t least = ~0u;
      std::uint32_t most = 0;
      for (const LoopLoad& load : loads) {
        least = std::min(least, load.connections.load());
        most = std::max(most, load.connections.load());
      }
      worst = std::max(worst, most - least);
    }
    return worst;
  };
  auto blind = round_robin();
  auto looking = least_connections();
  const std::uint32_t blind_spread = worst_spread(*blind);
  const std::uint32_t looking_spread = worst_spread(*looking);
  EXPECT_LT(looking_spread * 4, blind_spread);
}

TEST(LeastBusy, takes_the_idle_one_and_counts_connections_among_equals) {
  std::vector<LoopLoad> loads(3);
  auto chooser = least_busy();
  EXPECT_TRUE(chooser->needs_busy());
  loads[0].busy = 900;
  loads[1].busy = 100;
  loads[2].busy = 500;
  EXPECT_EQ(chooser->choose(loads, nullptr), 1u);
  loads[2].busy = 110;  // about as busy
  loads[1].connections = 7;
  loads[2].connections = 3;
  EXPECT_EQ(chooser->choose(loads, nullptr), 2u);
}

TEST(PeerHash, an_address_stays_with_its_loop_whatever_its_port) {
  const std::vector<LoopLoad> loads(5);
  auto chooser = peer_hash();
  EXPECT_TRUE(chooser->needs_peer());
  std::vector<int> used(5);
  for (std::uint32_t host = 1; host <= 200; ++host) {
    const Endpoint peer = Endpoint::ipv4(0x7f000000 + host, 1000);
    const std::size_t place = chooser->choose(loads, &peer);
    ++used.at(place);
    for (std::uint16_t port : {1, 2, 60000}) {
      const Endpoint again = peer.with_port(port);
      EXPECT_EQ(chooser->choose(loads, &again), place);
    }
  }
  for (int count : used) EXPECT_GT(count, 10);
}

TEST(PeerHash, peers_without_an_address_take_turns) {
  const std::vector<LoopLoad> loads(3);
  auto chooser = peer_hash();
  EXPECT_LE(spread(shares(*chooser, loads, 30)), 1);
}

TEST(ChooseBy, the_users_function_decides_modulo_the_number_of_loops) {
  std::vector<LoopLoad> loads(3);
  auto chooser = choose_by([](std::span<const LoopLoad> all, const Endpoint* peer) {
    return peer == nullptr ? all.size() + 1 : std::size_t{peer->port()};
  });
  EXPECT_EQ(chooser->choose(loads, nullptr), 1u);
  const Endpoint peer = Endpoint::ipv4({127, 0, 0, 1}, 2);
  EXPECT_EQ(chooser->choose(loads, &peer), 2u);
}

}  // namespace
}  // namespace rondo
