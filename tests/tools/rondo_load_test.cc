// SPDX-License-Identifier: MIT
// rondo-load against servers that behave and servers that do not, on the load's own loop.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rondo/io/sleep.h"
#include "rondo/loop/loop.h"
#include "rondo/net/tcp_listener.h"
#include "support/backends.h"
#include "support/watchdog.h"
#include "tools/rondo_load/load.h"
#include "tools/rondo_load/pattern.h"

namespace rondo::tools {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Handler = std::function<Task<>(TcpStream)>;

Task<> echo(TcpStream stream) {
  while (auto chunk = co_await stream.receive()) {
    auto sent = co_await stream.send_all(*chunk);
    if (!sent) break;
  }
}

class LoadTest : public testing::TestWithParam<BackendCell> {
 protected:
  void SetUp() override {
    auto loop = Loop::create(GetParam().options());
    if (!loop.ok()) GTEST_SKIP() << loop.status();
    loop_ = std::move(*loop);
    watchdog_.watch(loop_.get());
    options_.connections = 4;
    options_.size = 64;
    options_.depth = 1;
    options_.duration = 150ms;
    options_.warmup = 20ms;
    options_.patience = 10s;
    options_.quiet = true;
  }

  // Serves every connection with `handler` and lets the load run against it.
  LoadResult run_against(const Handler& handler) {
    auto listener = TcpListener::listen(*loop_, Endpoint::ipv4({127, 0, 0, 1}, 0));
    EXPECT_TRUE(listener.ok()) << listener.status();
    options_.target = *listener->local_endpoint();
    loop_->spawn([&handler, &listener] { return serve(*listener, handler); });
    return run();
  }

  LoadResult run() {
    Load load(options_);
    loop_->spawn([this, &load] { return load_and_stop(load); });
    loop_->run();
    EXPECT_FALSE(watchdog_.has_barked());
    return std::move(load).result();
  }

  Loop& loop() { return *loop_; }

  LoadOptions options_;

 private:
  static Task<> serve(TcpListener& listener, const Handler& handler) {
    Loop& loop = co_await this_loop();
    while (auto stream = co_await listener.accept()) {
      auto held = std::make_shared<TcpStream>(std::move(*stream));
      loop.spawn([&handler, held] { return handler(std::move(*held)); });
    }
  }

  Task<> load_and_stop(Load& load) {
    co_await load.run();
    loop_->stop();
  }

  Watchdog watchdog_;
  std::unique_ptr<Loop> loop_;
};

INSTANTIATE_TEST_SUITE_P(Backends, LoadTest, testing::ValuesIn(main_backend_cells()),
                         name_of_backend);

TEST_P(LoadTest, an_echo_server_passes) {
  const LoadResult result = run_against(echo);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.failures, 0U);
  EXPECT_EQ(result.unanswered, 0U);
  EXPECT_EQ(result.measured, 150ms);
  EXPECT_GT(result.requests(), 10U);
  EXPECT_GT(result.answers, result.requests());  // the warm-up's too
  EXPECT_GT(result.latency.percentile(50), 0ns);
}

TEST_P(LoadTest, opens_as_many_connections_as_it_was_asked_for) {
  std::size_t opened = 0;
  const LoadResult result = run_against([&](TcpStream stream) -> Task<> {
    ++opened;
    co_await echo(std::move(stream));
  });
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(opened, options_.connections);
}

TEST_P(LoadTest, large_deep_requests_do_not_lock_both_sides_up) {
  options_.size = 300'000;
  options_.depth = 32;
  const LoadResult result = run_against(echo);
  EXPECT_EQ(result.failure, "");
  EXPECT_GE(result.answers, 4U * 32);
}

TEST_P(LoadTest, one_byte_requests_in_a_deep_pipeline_are_all_counted) {
  options_.size = 1;
  options_.depth = 100;
  const LoadResult result = run_against(echo);
  EXPECT_EQ(result.failure, "");
  EXPECT_GE(result.requests(), 400U);
}

TEST_P(LoadTest, one_wrong_byte_is_found) {
  options_.connections = 1;
  const LoadResult result = run_against([](TcpStream stream) -> Task<> {
    std::size_t position = 0;
    while (auto chunk = co_await stream.receive()) {
      if (position <= 1000 && 1000 < position + chunk->size()) {
        chunk->data()[1000 - position] ^= std::byte{1};
      }
      position += chunk->size();
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
    }
  });
  EXPECT_EQ(result.failures, 1U);
  EXPECT_THAT(result.failure, HasSubstr("connection 0: byte 1000 came back wrong"));
}

TEST_P(LoadTest, a_server_that_closes_is_a_failure_that_says_so) {
  const LoadResult result = run_against([](TcpStream stream) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      auto chunk = co_await stream.receive();
      if (!chunk) break;
      auto sent = co_await stream.send_all(*chunk);
      if (!sent) break;
    }
    auto last = co_await stream.receive();
  });
  EXPECT_GE(result.failures, 1U);
  EXPECT_LE(result.failures, options_.connections) << "each connection fails once";
  EXPECT_THAT(result.failure, HasSubstr("the server closed it after 3 answers"));
  EXPECT_THAT(result.failure, HasSubstr(options_.target.to_string()));
}

TEST_P(LoadTest, more_than_was_asked_for_is_a_failure) {
  options_.connections = 1;
  const Pattern pattern;
  const LoadResult result = run_against([&](TcpStream stream) -> Task<> {
    // The right bytes, but those after the first request have not been sent yet.
    auto sent = co_await stream.send_all(pattern.bytes(Pattern::start_of(0), 1000));
    while (auto chunk = co_await stream.receive()) {
      if (!sent) break;
    }
  });
  EXPECT_THAT(result.failure, HasSubstr("more came back than was sent"));
}

TEST_P(LoadTest, what_is_never_answered_is_counted_and_its_age_is_its_latency) {
  options_.patience = 100ms;
  const LoadResult result = run_against([](TcpStream stream) -> Task<> {
    // The first request gets its answer, the others do not.
    auto first = co_await stream.receive();
    auto slept = co_await sleep(30ms);
    if (first && slept) {
      auto sent = co_await stream.send_all(*first);
      while (sent) {
        auto chunk = co_await stream.receive();
        if (!chunk) break;
      }
    }
  });
  EXPECT_EQ(result.unanswered, 4U);
  EXPECT_EQ(result.requests(), 0U);  // the first ones belong to the warm-up
  EXPECT_THAT(result.failure, HasSubstr("4 requests had no answer 0.1 s after the end"));
  EXPECT_GE(result.latency.percentile(50), 200ms);
}

TEST_P(LoadTest, who_is_stuck_since_the_warm_up_is_counted) {
  options_.patience = 100ms;
  const LoadResult result = run_against([](TcpStream stream) -> Task<> {
    while (auto chunk = co_await stream.receive()) {
    }
  });
  EXPECT_EQ(result.unanswered, options_.connections);
  EXPECT_EQ(result.requests(), 0U);
  EXPECT_GE(result.latency.percentile(50), 200ms);
}

TEST_P(LoadTest, a_refused_connection_is_a_failure_that_says_so) {
  {
    auto listener = TcpListener::listen(loop(), Endpoint::ipv4({127, 0, 0, 1}, 0));
    ASSERT_TRUE(listener.ok());
    options_.target = *listener->local_endpoint();
  }
  const LoadResult result = run();
  EXPECT_EQ(result.failure,
            "cannot connect to " + options_.target.to_string() + ": Connection refused");
  EXPECT_EQ(result.answers, 0U);
}

TEST_P(LoadTest, a_stop_request_ends_the_run_and_keeps_what_was_measured) {
  options_.duration = 1h;
  loop().spawn([this]() -> Task<> {
    auto slept = co_await sleep(120ms);
    if (slept) loop().stop();
  });
  const LoadResult result = run_against(echo);
  EXPECT_EQ(result.failure, "");
  EXPECT_GT(result.requests(), 10U);
  EXPECT_GT(result.measured, 50ms);
  EXPECT_LT(result.measured, 10s);
}

TEST_P(LoadTest, in_the_open_loop_a_stop_request_counts_what_was_due_and_not_what_was_planned) {
  options_.duration = 1h;
  options_.rate = 1'000'000;
  options_.warmup = 0ms;
  TimePoint stopped;
  loop().spawn([&]() -> Task<> {
    auto slept = co_await sleep(120ms);
    if (slept) loop().stop();
    stopped = Clock::monotonic().now();
  });
  const LoadResult result = run_against([](TcpStream stream) -> Task<> {
    while (auto chunk = co_await stream.receive()) {
    }
  });
  EXPECT_LT(Clock::monotonic().now() - stopped, 3s) << "looks at no more than was due";
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.requests(), 0U);
  const double due = std::chrono::duration<double>(result.measured).count() * options_.rate;
  EXPECT_NEAR(static_cast<double>(result.unanswered), due, 4);
}

// Answers nothing for 100 ms, once: from the first request that comes 50 ms after the beginning.
class StallingServer {
 public:
  Handler handler() {
    return [this](TcpStream stream) -> Task<> {
      if (due_ == TimePoint{}) due_ = Clock::monotonic().now() + 50ms;
      while (auto chunk = co_await stream.receive()) {
        const TimePoint now = Clock::monotonic().now();
        if (now >= due_ && end_ == TimePoint{}) end_ = now + 100ms;
        if (now < end_) {
          auto slept = co_await sleep_until(end_);
          if (!slept) break;
        }
        auto sent = co_await stream.send_all(*chunk);
        if (!sent) break;
      }
    };
  }

 private:
  TimePoint due_;
  TimePoint end_;
};

TEST_P(LoadTest, in_the_open_loop_a_stall_is_charged_to_every_request_that_was_due_meanwhile) {
  options_.rate = 2000;
  options_.duration = 400ms;
  StallingServer server;
  const LoadResult result = run_against(server.handler());
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.requests(), 800U);
  EXPECT_GE(result.latency.percentile(90), 50ms);  // a quarter was due in the stall
  EXPECT_GE(result.latency.percentile(99), 90ms);
  EXPECT_LE(result.late.percentile(50), 50ms);
}

TEST_P(LoadTest, in_the_closed_loop_only_the_requests_that_were_waiting_see_the_stall) {
  options_.duration = 400ms;
  StallingServer server;
  const LoadResult result = run_against(server.handler());
  EXPECT_EQ(result.failure, "");
  EXPECT_GE(result.latency.max(), 100ms);
  EXPECT_LT(result.latency.percentile(50), 50ms);
}

TEST_P(LoadTest, the_open_loop_with_more_connections_than_requests_ends) {
  options_.connections = 50;
  options_.rate = 100;
  const LoadResult result = run_against(echo);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.requests(), 15U);
  EXPECT_EQ(result.answers, 17U);
}

}  // namespace
}  // namespace rondo::tools
