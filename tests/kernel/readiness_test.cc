// SPDX-License-Identifier: MIT
// What the readiness backends share, and what they must not get wrong each in its own way. Runs
// over every backend, because the same is expected of io_uring.
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rondo/kernel/control.h"
#include "support/usage.h"
#include "support/world.h"

namespace rondo {
namespace {

class ReadinessTest : public BackendTest {
 protected:
  TcpListener listen() { return TcpListener::listen(loop(), loopback_port()).value(); }
  std::uint64_t waits() { return loop().backend().counters().waits; }
};
RONDO_ON_EVERY_BACKEND(ReadinessTest);

// An eventfd, and whoever waits for it.
struct Waited {
  Waited() : event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void signal() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(event.number(), &one, sizeof one), 8);
  }
  Task<> wait() {
    waiting = true;
    auto ready = co_await wait_readable(event.number());
    waiting = false;
    std::uint64_t count = 0;
    if (ready) {
      EXPECT_EQ(::read(event.number(), &count, sizeof count), 8) << "woken for nothing";
      ++woken;
    }
  }

  Fd event;
  bool waiting = false;
  int woken = 0;
};

TEST_P(ReadinessTest, waits_that_come_and_go_in_any_order_each_get_what_is_theirs) {
  std::mt19937 random(20261120);
  run([&]() -> Task<> {
    std::vector<std::unique_ptr<Waited>> all;
    for (int i = 0; i < 40; ++i) all.push_back(std::make_unique<Waited>());
    std::vector<int> signaled(all.size());
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (int round = 0; round < scaled(300); ++round) {
        std::vector<std::size_t> told;
        for (int i = 0; i < 12; ++i) {
          const std::size_t who = random() % all.size();
          Waited& one = *all[who];
          if (!one.waiting) {
            one.waiting = true;
            scope.spawn([&one]() -> Task<> { co_await one.wait(); });
          } else if (signaled[who] == one.woken) {
            one.signal();
            ++signaled[who];
          }
        }
        co_await turns(static_cast<int>(random() % 3));
      }
      co_await turns(5);
      for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]->woken, signaled[i]) << i;
      scope.stop();
    });
  });
}

TEST_P(ReadinessTest, a_peer_that_hung_up_while_nobody_asks_costs_no_turns) {
  run([&]() -> Task<> {
    TcpListener listener = listen();
    RawPeer ended = RawPeer::connect(*listener.local_endpoint());
    auto first = co_await listener.accept();
    RawPeer broken = RawPeer::connect(*listener.local_endpoint());
    auto second = co_await listener.accept();
    // Both have been waited on, so both are watched.
    auto nothing = co_await with_timeout(0ns, first->receive());
    EXPECT_TRUE(nothing.error().is(Errc::timed_out));
    auto nothing_either = co_await with_timeout(0ns, second->receive());
    EXPECT_TRUE(nothing_either.error().is(Errc::timed_out));
    ended.send("last words");
    ended.finish_sending();
    broken.reset();
    co_await turns(5);
    const std::uint64_t before = waits();
    auto slept = co_await sleep(50ms);
    EXPECT_TRUE(slept);
    EXPECT_LE(waits() - before, kTurnsOfASleeper);
    auto chunk = co_await first->receive();
    EXPECT_TRUE(chunk && chunk->text() == "last words");
    auto end = co_await first->receive();
    EXPECT_TRUE(end.error().is(Errc::end_of_stream));
    auto gone = co_await second->receive();
    EXPECT_EQ(gone.error().number(), ECONNRESET);
  });
}

TEST_P(ReadinessTest, signals_that_interrupt_every_wait_are_never_seen) {
  struct sigaction ignore_mostly {};
  ignore_mostly.sa_handler = [](int) {};
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGALRM, &ignore_mostly, &before), 0);
  const itimerval every_millisecond{{0, 1000}, {0, 1000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &every_millisecond, nullptr), 0);
  run([&]() -> Task<> {
    TcpListener listener = listen();
    RawPeer peer = RawPeer::connect(*listener.local_endpoint());
    auto stream = co_await listener.accept();
    for (int i = 0; i < 20; ++i) {
      auto early = co_await with_timeout(5ms, stream->receive());
      EXPECT_TRUE(early.error().is(Errc::timed_out)) << early.error().message();
    }
    peer.send("after all");
    auto chunk = co_await stream->receive();
    EXPECT_TRUE(chunk && chunk->text() == "after all");
  });
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

class FewEventsTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.events_per_turn = 4;
    open(std::move(options));
  }
};
RONDO_ON_EVERY_BACKEND(FewEventsTest);

TEST_P(FewEventsTest, a_bound_on_events_favours_nobody) {
  constexpr int kPipes = 40;
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    std::vector<std::unique_ptr<Waited>> all;
    for (int i = 0; i < kPipes; ++i) all.push_back(std::make_unique<Waited>());
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (auto& one : all) {
        // As soon as it is served it is ready again.
        scope.spawn([&one = *one]() -> Task<> {
          one.signal();
          for (;;) {
            auto ready = co_await wait_readable(one.event.number());
            if (!ready) co_return;
            ++one.woken;
          }
        });
      }
      const std::uint64_t begin = here.counters().turns;
      while (here.counters().turns - begin < 400) {
        co_await turns(1);
      }
      scope.stop();
    });
    for (auto& one : all) EXPECT_GE(one->woken, 5);
  });
}

class OneBlockTest : public World, public testing::WithParamInterface<BackendCell> {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().options();
    options.pool.max_blocks = 1;
    open(std::move(options));
  }
};

std::vector<BackendCell> readiness_cells() {
  std::vector<BackendCell> cells = backend_cells();
  std::erase_if(cells, [](const BackendCell& cell) { return cell.kind == BackendKind::kIoUring; });
  return cells;
}
INSTANTIATE_TEST_SUITE_P(, OneBlockTest, testing::ValuesIn(readiness_cells()), name_of_backend);

// A turn may be long; who came last is not to wait for as many of them as came before.
TEST_P(OneBlockTest, a_queue_of_connections_is_taken_in_few_turns) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    TcpListener listener = TcpListener::listen(here, loopback_port()).value();
    std::vector<RawPeer> waiting;
    for (int i = 0; i < 200; ++i) waiting.push_back(RawPeer::connect(*listener.local_endpoint()));
    const std::uint64_t before = here.counters().turns;
    std::vector<TcpStream> streams;
    while (streams.size() < waiting.size()) {
      auto stream = co_await listener.accept();
      if (!stream) ADD_FAILURE() << stream.error().message();
      if (!stream) break;
      streams.push_back(std::move(*stream));
    }
    EXPECT_LE(here.counters().turns - before, 60u);
  });
}

TEST_P(OneBlockTest, a_receive_that_waits_for_a_block_costs_no_turns) {
  run([&]() -> Task<> {
    Loop& here = co_await this_loop();
    TcpListener listener = TcpListener::listen(here, loopback_port()).value();
    RawPeer one = RawPeer::connect(*listener.local_endpoint());
    auto first = co_await listener.accept();
    RawPeer two = RawPeer::connect(*listener.local_endpoint());
    auto second = co_await listener.accept();
    one.send("keep");
    two.send("wait");
    auto keep = [&]() -> Task<> {
      auto chunk = co_await first->receive();
      co_await turns(5);
      const std::uint64_t before = here.backend().counters().waits;
      auto slept = co_await sleep(50ms);
      EXPECT_TRUE(slept);
      EXPECT_LE(here.backend().counters().waits - before, kTurnsOfASleeper);
    };
    auto wait = [&]() -> Task<> {
      co_await turns(2);
      auto chunk = co_await second->receive();
      EXPECT_TRUE(chunk && chunk->text() == "wait");
    };
    co_await when_all(keep(), wait());
  });
}

}  // namespace
}  // namespace rondo
