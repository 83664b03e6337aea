// SPDX-License-Identifier: MIT
// rondo-load against servers that behave and servers that do not, on the load's own loop.
#include <algorithm>
#include <chrono>
#include <cstring>
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
#include "tools/rondo_load/report.h"

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

TEST(LoadSchedule, requests_are_dealt_in_turn_and_evenly) {
  Window window;
  window.start = TimePoint(123'456'789ns);
  for (double rate : {0.3, 7.0, 1000.0, 3333.3, 999'999.0, 1e9}) {
    for (std::size_t connections : {1, 3, 64, 1000}) {
      const Schedule schedule(window, rate, connections);
      const TimePoint end = window.start + Duration(static_cast<std::int64_t>(5000 / rate * 1e9));
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < connections; ++i) {
        const std::uint64_t count = schedule.due_before(i, end);
        EXPECT_GE(schedule.due(i, count), end);
        EXPECT_TRUE(count == 0 || schedule.due(i, count - 1) < end);
        total += count;
      }
      EXPECT_NEAR(static_cast<double>(total), 5000, 1) << rate << ' ' << connections;
    }
  }
}

TEST(LoadPattern, what_it_gives_is_what_it_accepts) {
  const Pattern pattern;
  for (std::uint64_t position : {0ULL, 1ULL, 4092ULL, 4093ULL, 1'000'000'007ULL}) {
    const auto bytes = pattern.bytes(position, Pattern::kLongest + 5);
    EXPECT_EQ(bytes.size(), Pattern::kLongest);
    EXPECT_FALSE(pattern.first_wrong(position, bytes).has_value());
    EXPECT_TRUE(pattern.first_wrong(position + 1, bytes).has_value());
  }
}

TEST(LoadPattern, blocks_that_are_lost_swapped_or_of_another_connection_do_not_fit) {
  const Pattern pattern;
  for (std::size_t block : {1U, 64U, 4096U, 16384U, 65536U}) {
    EXPECT_TRUE(pattern.first_wrong(0, pattern.bytes(block, 64)).has_value()) << block;
  }
  for (std::size_t i = 1; i < 1000; ++i) {
    const auto other = pattern.bytes(Pattern::start_of(i), 64);
    EXPECT_TRUE(pattern.first_wrong(Pattern::start_of(0), other).has_value()) << i;
  }
}

TEST(LoadReport, json_is_one_line_with_every_number) {
  LoadOptions options;
  options.target = Endpoint::parse("127.0.0.1:7000").value();
  options.connections = 2;
  options.size = 3;
  options.depth = 4;
  LoadResult result;
  result.latency.record(100us);
  result.latency.record(200us);
  result.measured = 500ms;
  result.answers = 5;
  const std::string json = json_report(options, {BackendKind::kIoUring, "why"}, result);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1);
  for (const char* part :
       {R"("requests":2,)", R"("seconds":0.500000,)", R"("requests_per_second":4.0,)",
        R"("latency_us":{"p50":)", R"("max":200.000,"mean":150.000})", R"("errors":0,)",
        R"("answers":5,)", R"("connections":2,"size":3,"depth":4,"rate":0,)",
        R"("backend":"io_uring","trigger":"none",)", R"("own_cpu_seconds":0.000000})"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
  const std::string text = text_report(options, {BackendKind::kIoUring, "why"}, result);
  EXPECT_THAT(text, HasSubstr("2 in 0.500 s = 4/s"));
  EXPECT_THAT(text, HasSubstr("io_uring (why)"));
}

}  // namespace
}  // namespace rondo::tools
