// SPDX-License-Identifier: MIT
#include "runtime/admission.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace rondo {
namespace {

using Verdict = Admission::Verdict;

Endpoint peer(std::uint8_t host, std::uint16_t port = 1) {
  return Endpoint::ipv4({127, 0, 0, host}, port);
}

TEST(Admission, the_total_is_exact_and_a_place_is_free_again_when_its_ticket_goes) {
  Admission admission(3, 0);
  std::vector<Ticket> tickets;
  for (int i = 0; i < 3; ++i) {
    auto [ticket, verdict] = admission.admit(nullptr);
    EXPECT_EQ(verdict, Verdict::kAdmitted);
    tickets.push_back(std::move(ticket));
  }
  EXPECT_EQ(admission.admit(nullptr).second, Verdict::kTooManyInAll);
  EXPECT_FALSE(admission.admit(nullptr).first);
  tickets.pop_back();
  EXPECT_EQ(admission.admit(nullptr).second, Verdict::kAdmitted);  // and gone again at once
  EXPECT_EQ(admission.connections(), 2u);
  EXPECT_EQ(admission.admitted(), 4u);
}

TEST(Admission, each_address_has_a_limit_of_its_own_whatever_the_port) {
  Admission admission(0, 2);
  std::vector<Ticket> tickets;
  for (std::uint16_t i = 0; i < 2; ++i) {
    for (std::uint8_t host : {1, 2}) {
      const Endpoint who = peer(host, static_cast<std::uint16_t>(i + 1));
      auto [ticket, verdict] = admission.admit(&who);
      EXPECT_EQ(verdict, Verdict::kAdmitted);
      tickets.push_back(std::move(ticket));
    }
  }
  const Endpoint first = peer(1, 99);
  EXPECT_EQ(admission.admit(&first).second, Verdict::kTooManyOfAddress);
  EXPECT_EQ(admission.connections(), 4u) << "who is refused does not count in the total";
  EXPECT_EQ(admission.admit(nullptr).second, Verdict::kAdmitted) << "no address, no limit of it";
  tickets.clear();
  EXPECT_EQ(admission.connections(), 0u);
  EXPECT_EQ(admission.admit(&first).second, Verdict::kAdmitted);
}

TEST(Admission, a_ticket_counts_for_its_loop) {
  Admission admission(0, 0);
  LoopLoad load;
  {
    auto [ticket, verdict] = admission.admit(nullptr);
    Ticket moved(std::move(ticket));
    moved.assign(load);
    EXPECT_EQ(load.connections, 1u);
  }
  EXPECT_EQ(load.connections, 0u);
}

TEST(Admission, limits_hold_when_threads_come_and_go) {
  constexpr int kMost = 20;
  constexpr std::uint32_t kPerAddress = 3;
  Admission admission(kMost, kPerAddress);
  std::atomic<int> living{0};
  std::array<std::atomic<int>, 8> of_address{};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, random = seed]() mutable {
      std::vector<std::pair<Ticket, std::size_t>> mine;
      for (int i = 0; i < 5000; ++i) {
        random = random * 1664525u + 1013904223u;
        const std::size_t host = (random >> 20) % of_address.size();
        const Endpoint who = peer(static_cast<std::uint8_t>(host));
        auto [ticket, verdict] = admission.admit(&who);
        if (ticket) {
          EXPECT_LE(++living, kMost);
          EXPECT_LE(++of_address[host], static_cast<int>(kPerAddress));
          mine.emplace_back(std::move(ticket), host);
        }
        if ((random >> 28) < 9 && !mine.empty()) {
          --living;
          --of_address[mine.back().second];
          mine.pop_back();
        }
      }
      for (const auto& each : mine) {
        --living;
        --of_address[each.second];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admission.connections(), 0u);
}

TEST(Admission, who_is_refused_for_an_address_takes_nobodys_place_meanwhile) {
  Admission admission(2, 1);
  const Endpoint greedy = peer(1);
  const Endpoint other = peer(2);
  const auto [held, verdict] = admission.admit(&greedy);
  EXPECT_EQ(verdict, Verdict::kAdmitted);
  std::atomic<bool> over{false};
  std::thread hammer([&] {
    while (!over) EXPECT_EQ(admission.admit(&greedy).second, Verdict::kTooManyOfAddress);
  });
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(admission.admit(&other).second, Verdict::kAdmitted) << "at " << i;
  }
  over = true;
  hammer.join();
}

}  // namespace
}  // namespace rondo
