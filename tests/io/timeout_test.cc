// SPDX-License-Identifier: MIT
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "rondo/io/with_timeout.h"
#include "support/stage.h"
#include "support/world.h"

namespace rondo {
namespace {

// Real sockets on a clock that the test drives.
class TimeoutTest : public TransportTest {
 protected:
  void SetUp() override {
    LoopOptions options = GetParam().backend.options();
    options.clock = &clock_;
    open(std::move(options));
    run([&]() -> Task<> {
      Mixed ends = co_await connected_to_raw(64 << 10);
      stage_.emplace(any(), listen(), std::move(ends.stream), std::move(ends.peer));
    });
  }
  void TearDown() override {
    stage_.reset();
    TransportTest::TearDown();
  }
  // Spawns the body, and turns the loop until it is at rest.
  template <class Body>
  void begin(Body body) {
    loop().spawn(std::move(body));
    turn();
  }
  void pass(Duration time) {
    clock_.advance(time);
    turn();
  }

  ManualClock clock_{TimePoint{} + 1h};
  std::optional<Stage> stage_;
};
RONDO_ON_EVERY_KERNEL_CELL(TimeoutTest);

TEST_P(TimeoutTest, what_takes_too_long_says_timed_out) {
  for (Suspended kind : every_suspended()) {
    SCOPED_TRACE(name_of(kind));
    if (kind == Suspended::kSendAll || kind == Suspended::kGather) continue;  // below
    std::optional<Error> outcome;
    begin([&]() -> Task<> {
      auto work = [](Stage& stage, Suspended what) -> Task<Result<int>> {
        const Error ended = co_await stage.suspend_in(what);
        if (ended) co_return ended;
        co_return 1;
      };
      auto result = co_await with_timeout(1s, work(*stage_, kind));
      outcome = result.error();
    });
    pass(1s - 1ns);
    EXPECT_FALSE(outcome.has_value());
    pass(1ns);
    turn_until([&] { return outcome.has_value(); });
    EXPECT_TRUE(outcome->is(Errc::timed_out)) << outcome->message();
  }
}

TEST_P(TimeoutTest, a_send_that_takes_too_long_tells_how_much_went) {
  const std::string payload(16 << 20, 's');
  std::optional<Transfer> sent;
  begin([&]() -> Task<> {
    auto transfer = co_await with_timeout(1s, stage_->stream.send_all(payload));
    sent = transfer;
  });
  pass(1s);
  turn_until([&] { return sent.has_value(); });
  EXPECT_TRUE(sent->error().is(Errc::timed_out)) << sent->error().message();
  EXPECT_GT(sent->bytes, 0u);
  EXPECT_LT(sent->bytes, payload.size());
}

TEST_P(TimeoutTest, what_comes_in_time_is_delivered_and_the_deadline_forgotten) {
  std::string got;
  begin([&]() -> Task<> {
    auto chunk = co_await with_timeout(1s, stage_->stream.receive());
    EXPECT_TRUE(chunk);
    got = chunk->text();
    auto second = co_await stage_->stream.receive();  // no deadline any more
    EXPECT_TRUE(second);
    got += second->text();
  });
  stage_->peer.send("in time");
  turn_until([&] { return !got.empty(); });
  EXPECT_EQ(loop().timers().size(), 0u);
  pass(1h);
  stage_->peer.send(", and later");
  turn_until([&] { return got.size() > 7; });
  EXPECT_EQ(got, "in time, and later");
}

// The deadline has passed and the bytes are there, both before the loop turns.
TEST_P(TimeoutTest, bytes_that_race_with_the_deadline_are_not_lost) {
  for (int i = 0; i < scaled(200, 4); ++i) {
    std::string got;
    bool ended = false;
    begin([&]() -> Task<> {
      auto chunk = co_await with_timeout(1ms, stage_->stream.receive());
      if (!chunk) {
        EXPECT_TRUE(chunk.error().is(Errc::timed_out)) << chunk.error().message();
        chunk = co_await stage_->stream.receive();
      }
      got = chunk->text();
      ended = true;
    });
    stage_->peer.send("race");
    if (i % 3 == 0) turn(1);
    clock_.advance(1ms);
    turn_until([&] { return ended; });
    EXPECT_EQ(got, "race");
  }
}

TEST_P(TimeoutTest, a_stop_from_outside_says_canceled_even_after_the_deadline) {
  std::optional<Error> outcome;
  std::optional<Scope> scope(std::in_place, loop());
  scope->spawn([&]() -> Task<> {
    auto chunk = co_await with_timeout(1s, stage_->stream.receive());
    outcome = chunk.error();
  });
  turn();
  scope->stop();
  clock_.advance(2s);
  turn_until([&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->is(Errc::canceled)) << outcome->message();
  turn();
  scope.reset();
}

TEST_P(TimeoutTest, of_nested_deadlines_the_inner_one_is_told_inside_and_the_outer_outside) {
  std::optional<Error> inner;
  std::optional<Error> outer;
  auto nested = [&](Duration inside, Duration outside) {
    inner.reset();
    outer.reset();
    begin([&, inside, outside]() -> Task<> {
      auto work = [&](Duration wait) -> Task<Result<Chunk>> {
        auto chunk = co_await with_timeout(wait, stage_->stream.receive());
        inner = chunk.error();
        if (inner->is(Errc::timed_out)) {
          auto slept = co_await sleep(1h);  // goes on inside the outer deadline
          if (!slept) co_return slept.error();
        }
        co_return chunk.error();
      };
      auto chunk = co_await with_timeout(outside, work(inside));
      outer = chunk.error();
    });
  };
  nested(1s, 3s);
  pass(1s);
  turn_until([&] { return inner.has_value(); });
  EXPECT_TRUE(inner->is(Errc::timed_out));
  EXPECT_FALSE(outer.has_value());
  pass(2s);
  turn_until([&] { return outer.has_value(); });
  EXPECT_TRUE(outer->is(Errc::timed_out));

  nested(3s, 1s);
  pass(1s);
  turn_until([&] { return outer.has_value(); });
  EXPECT_TRUE(inner->is(Errc::canceled)) << "stopped from outside, as far as it knows";
  EXPECT_TRUE(outer->is(Errc::timed_out));
}

TEST_P(TimeoutTest, one_deadline_covers_many_steps) {
  std::optional<Error> outcome;
  int steps = 0;
  begin([&]() -> Task<> {
    auto work = [&]() -> Task<Result<void>> {
      for (;;) {
        auto slept = co_await sleep(300ms);
        if (!slept) co_return slept.error();
        ++steps;
      }
    };
    auto result = co_await with_timeout(1s, work());
    outcome = result.error();
  });
  for (int i = 0; i < 10; ++i) pass(100ms);
  EXPECT_TRUE(outcome && outcome->is(Errc::timed_out));
  EXPECT_EQ(steps, 3);
}

TEST_P(TimeoutTest, other_tasks_give_what_they_made_of_the_stop) {
  std::optional<int> number;
  std::optional<Error> nothing;
  std::string thrown;
  begin([&]() -> Task<> {
    auto counted = []() -> Task<int> {
      auto slept = co_await sleep(1h);
      co_return slept ? 1 : 2;
    };
    number = co_await with_timeout(1s, counted());
  });
  begin([&]() -> Task<> {
    auto work = []() -> Task<> { static_cast<void>(co_await sleep(1h)); };
    auto result = co_await with_timeout(1s, work());
    nothing = result.error();
  });
  begin([&]() -> Task<> {
    auto failing = []() -> Task<> {
      static_cast<void>(co_await sleep(1h));
      throw std::runtime_error("gave up");
    };
    try {
      static_cast<void>(co_await with_timeout(1s, failing()));
    } catch (const std::runtime_error& error) {
      thrown = error.what();
    }
  });
  pass(1s);
  EXPECT_EQ(number, 2);
  EXPECT_TRUE(nothing && nothing->is(Errc::timed_out));
  EXPECT_EQ(thrown, "gave up");
}

}  // namespace
}  // namespace rondo
