// SPDX-License-Identifier: MIT
// Deadlines over whole conversations, on time that jumps.
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rondo/rondo.h"
#include "rondo/sim/world.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;  // NOLINT: this file is a test

Task<std::pair<SocketStream, SocketStream>> connected(Loop& loop) {
  auto listener = TcpListener::listen(loop, Endpoint::parse("127.0.0.1:0").value()).value();
  const Endpoint address = listener.local_endpoint().value();
  auto both = co_await when_all(TcpStream::connect(address), listener.accept());
  co_return std::pair<SocketStream, SocketStream>(std::move(*std::get<0>(both)),
                                                  std::move(*std::get<1>(both)));
}

// One byte after the other, slowly.
Task<> drip(SocketStream& stream, Duration pause) {
  for (;;) {
    auto slept = co_await sleep(pause);
    if (!slept) co_return;
    auto sent = co_await stream.send_all("x");
    if (!sent) co_return;
  }
}

Task<Transfer> read_exactly(SocketStream& stream, std::span<std::byte> into) {
  Transfer read;
  while (read.bytes < into.size() && !read.failure) {
    auto count = co_await stream.read(into.subspan(read.bytes));
    if (count) {
      read.bytes += *count;
    } else {
      read.failure = count.error();
    }
  }
  co_return read;
}

// Up to the length of the turns that it takes to hear of it.
void expect_now(const Loop& loop, TimePoint expected) {
  EXPECT_GE(loop.now(), expected);
  EXPECT_LT(loop.now(), expected + 100us);
}

class DeadlineTest : public testing::TestWithParam<int> {
 protected:
  template <class Body>
  void run(Body body) {
    sim::World world({.seed = static_cast<std::uint64_t>(GetParam())});
    auto loop = world.create_loop();
    loop->spawn(std::move(body));
    const sim::Outcome outcome = world.run_for(1h);
    EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, DeadlineTest, testing::Range(1, 11));

TEST_P(DeadlineTest, a_peer_that_sends_a_byte_a_second_does_not_renew_it) {
  run([]() -> Task<> {
    Loop& loop = co_await this_loop();
    auto ends = co_await connected(loop);
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn(drip, std::ref(ends.second), 1s);
      std::array<std::byte, 100> request;
      const TimePoint begin = loop.now();
      Transfer read = co_await with_timeout(5500ms, read_exactly(ends.first, request));
      EXPECT_TRUE(read.failure.is(Errc::timed_out));
      EXPECT_EQ(read.bytes, 5u);
      expect_now(loop, begin + 5500ms);
      scope.stop();
    });
  });
}

TEST_P(DeadlineTest, an_inner_deadline_is_never_later_than_the_one_around_it) {
  run([]() -> Task<> {
    Loop& loop = co_await this_loop();
    const TimePoint begin = loop.now();
    auto inner = [begin]() -> Task<Result<void>> {
      const TimePoint outer_end = co_await this_deadline();
      EXPECT_GE(outer_end, begin + 2s);
      EXPECT_LT(outer_end, begin + 2s + 100us);
      auto longer = []() -> Task<Result<void>> {
        const TimePoint end = co_await this_deadline();
        auto slept = co_await sleep_until(end + 1s);
        co_return slept;
      };
      auto slept = co_await with_timeout(10s, longer());
      EXPECT_TRUE(slept.error().is(Errc::canceled)) << "the outer deadline it was, not this one";
      co_return slept;
    };
    auto outcome = co_await with_timeout(2s, inner());
    EXPECT_TRUE(outcome.error().is(Errc::timed_out));
    expect_now(loop, begin + 2s);
  });
}

TEST_P(DeadlineTest, an_inner_deadline_that_is_earlier_comes_first) {
  run([]() -> Task<> {
    Loop& loop = co_await this_loop();
    const TimePoint begin = loop.now();
    auto inner = []() -> Task<Result<void>> {
      auto slept = co_await with_timeout(1s, sleep(1h));
      EXPECT_TRUE(slept.error().is(Errc::timed_out));
      co_return co_await sleep(500ms);
    };
    auto outcome = co_await with_timeout(2s, inner());
    EXPECT_TRUE(outcome);
    expect_now(loop, begin + 1500ms);
  });
}

TEST_P(DeadlineTest, children_of_scopes_inherit_it_and_shielded_work_does_not) {
  run([]() -> Task<> {
    Loop& loop = co_await this_loop();
    const TimePoint end = loop.now() + 3s;
    auto look = [end]() -> Task<> {
      const TimePoint mine = co_await this_deadline();
      EXPECT_EQ(mine, end);
      auto free = []() -> Task<> {
        const TimePoint none = co_await this_deadline();
        EXPECT_EQ(none, kNever);
        auto slept = co_await with_timeout(10s, sleep(4s));
        EXPECT_TRUE(slept) << "though the task was stopped meanwhile";
      };
      co_await shield(free());
    };
    auto spread = [&look]() -> Task<> {
      co_await with_scope([&look](Scope& scope) -> Task<> {
        scope.spawn(std::ref(look));
        co_await when_all(look(), look());
      });
    };
    auto outcome = co_await with_deadline(end, spread());
    EXPECT_TRUE(outcome.error().is(Errc::timed_out));
    expect_now(loop, end + 1s);
  });
}

}  // namespace
}  // namespace rondo
