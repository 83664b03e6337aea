// SPDX-License-Identifier: MIT
// Every source of work is bounded per turn, so that none starves another.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/world.h"

namespace rondo {
namespace {

// Round trips of a quiet client, while something greedy goes on. Each must be over within a few
// turns of the loop, however much else there is to do.
template <ByteStream Stream>
Task<> expect_prompt_round_trips(Stream& client, Stream& server, int count,
                                 std::uint64_t most_turns) {
  Loop& here = co_await this_loop();
  here.spawn(echo, std::move(server));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t before = here.counters().turns;
    auto sent = co_await client.send_all("ping");
    EXPECT_TRUE(sent);
    const std::string answer = co_await receive_exactly(client, 4);
    EXPECT_EQ(answer, "ping");
    EXPECT_LE(here.counters().turns - before, most_turns);
  }
  co_await client.close();
}

class GreedyPeerTest : public TransportTest {};
RONDO_ON_EVERY_KERNEL_CELL(GreedyPeerTest);

class FairnessTest : public StreamTest {};
RONDO_ON_EVERY_KERNEL_STREAM_CELL(FairnessTest);

TEST_P(GreedyPeerTest, a_greedy_peer_does_not_starve_a_quiet_one) {
  std::atomic<bool> enough{false};
  std::optional<std::thread> greedy;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    Mixed ends = co_await connected_to_raw();
    here.spawn([&, stream = std::move(ends.stream)]() mutable -> Task<> {
      while (auto chunk = co_await stream.receive()) {
      }
    });
    greedy.emplace([&enough, peer = std::move(ends.peer)]() mutable {
      const std::string flood(1 << 16, 'g');
      while (!enough) peer.send(flood);
    });
    Ends quiet = co_await connected();
    co_await expect_prompt_round_trips(quiet.client, quiet.server, scaled(200), 8);
    enough = true;
  });
  greedy->join();
}

TEST_P(FairnessTest, a_task_that_is_always_ready_starves_neither_sockets_nor_timers_nor_posts) {
  bool enough = false;
  run_between([&](auto& client, auto& server) -> Task<> {
    Loop& here = co_await this_loop();
    here.spawn([&]() -> Task<> {
      while (!enough) co_await yield();
    });
    co_await expect_prompt_round_trips(client, server, 100, 8);
    for (int i = 0; i < 10; ++i) {
      auto slept = co_await sleep(10us);
      EXPECT_TRUE(slept);
    }
    std::atomic<bool> posted{false};
    std::thread other([&] { EXPECT_TRUE(here.post([&] { posted = true; })); });
    while (!posted) {
      auto slept = co_await sleep(0ns);
      EXPECT_TRUE(slept);
    }
    other.join();
    enough = true;
  });
}

// Sends that always complete at once must not keep the thread from the others.
TEST_P(FairnessTest, operations_that_never_wait_let_others_run) {
  constexpr int kSends = 200;  // each costs a Unix socket close to a KiB of what nobody takes out
  run_between([&](auto& client, auto&) -> Task<> {
    int others = 0;
    bool enough = false;
    auto count = [&]() -> Task<> {
      while (!enough) {
        ++others;
        co_await yield();
      }
    };
    auto send = [&]() -> Task<> {
      for (int i = 0; i < kSends; ++i) {
        auto sent = co_await client.send_all("x");
        EXPECT_TRUE(sent);
      }
      enough = true;
    };
    co_await when_all(send(), count());
    EXPECT_GE(others, kSends / Runner::kInlineCompletions - 1);
  });
}

// One after the other until the storm is over: each posts the next two.
TEST_P(FairnessTest, posts_that_post_again_do_not_starve_sockets) {
  run_between([&](auto& client, auto& server) -> Task<> {
    Loop& here = co_await this_loop();
    struct Storm final : Mail {
      void run() noexcept override {
        if (over) return;
        EXPECT_TRUE(loop->post(*this));
      }
      Loop* loop = nullptr;
      bool over = false;
    };
    std::vector<Storm> storm(3000);
    for (Storm& mail : storm) {
      mail.loop = &here;
      EXPECT_TRUE(here.post(mail));
    }
    co_await expect_prompt_round_trips(client, server, 20, 100);
    for (Storm& mail : storm) mail.over = true;
    co_await turns(50);
  });
}

TEST_P(FairnessTest, ten_thousand_timers_at_once_do_not_starve_sockets) {
  run_between([&](auto& client, auto& server) -> Task<> {
    Loop& here = co_await this_loop();
    int fired = 0;
    const TimePoint when = here.now() + 5ms;
    const int timers = scaled(10000);
    for (int i = 0; i < timers; ++i) {
      here.spawn([&fired, when]() -> Task<> {
        auto slept = co_await sleep_until(when);
        EXPECT_TRUE(slept);
        ++fired;
      });
    }
    auto slept = co_await sleep_until(when - 1ns);
    EXPECT_TRUE(slept);
    co_await expect_prompt_round_trips(client, server, 10, 120);
    while (fired < timers) co_await turns(1);
  });
}

}  // namespace
}  // namespace rondo
