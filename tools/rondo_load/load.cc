// SPDX-License-Identifier: MIT
#include "load.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

#include <absl/strings/str_format.h>

#include "rondo/coro/scope.h"
#include "rondo/io/sleep.h"
#include "rondo/io/with_timeout.h"

namespace rondo::tools {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kConnectingAtOnce = 128;  // below any listener's backlog
constexpr Duration kConnectTimeout = 10s;

Duration own_cpu() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }
double microseconds(Duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

double LoadResult::requests_per_second() const noexcept {
  return measured > Duration(0) ? static_cast<double>(requests()) / seconds(measured) : 0;
}

Task<> Load::run() {
  co_await connect_all();
  if (streams_.size() < options_.connections) co_return;
  begin_window();
  auto loaded = co_await with_deadline(window_.end + options_.patience, load_all());
  end_window();
  if (!tally_.first_failure.empty()) {
    result_.failure = tally_.first_failure + " (" + options_.target.to_string() + ")";
  } else if (!loaded) {
    result_.failure = absl::StrFormat(
        "%d requests had no answer %g s after the end: %s is stuck or slower than its load",
        tally_.unanswered, seconds(options_.patience), options_.target.to_string());
  }
}

LoadResult Load::result() && { return std::move(result_); }

Task<> Load::connect_all() {
  streams_.reserve(options_.connections);
  co_await with_scope([this](Scope& scope) -> Task<> {
    const std::size_t tasks = std::min(options_.connections, kConnectingAtOnce);
    for (std::size_t i = 0; i < tasks; ++i) {
      scope.spawn(&Load::connect_some, this, std::ref(scope));
    }
    co_return;
  });
}

Task<> Load::connect_some(Scope& scope) {
  while (connects_ < options_.connections) {
    ++connects_;
    auto stream = co_await with_timeout(kConnectTimeout, connect(options_.target));
    if (stream) {
      streams_.push_back(std::move(*stream));
      continue;
    }
    if (!stream.error().is(Errc::canceled) && result_.failure.empty()) {
      result_.failure = absl::StrFormat("cannot connect to %s: %s", options_.target.to_string(),
                                        stream.error().message());
      ++result_.failures;
    }
    scope.stop();
    co_return;
  }
}

Task<> Load::load_all() {
  co_await with_scope([this](Scope& scope) -> Task<> {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      connections_.push_back(
          std::make_unique<Connection>(setting_, i, std::move(streams_[i]), make_pacing(i)));
      Connection* connection = connections_.back().get();
      scope.spawn(&Connection::send_requests, connection, std::ref(scope));
      scope.spawn(&Connection::receive_answers, connection, std::ref(scope));
    }
    scope.spawn(&Load::watch_cpu, this);
    if (!options_.quiet) scope.spawn(&Load::watch_progress, this);
    co_return;
  });
}

Task<> Load::watch_cpu() {
  auto slept = co_await sleep_until(window_.begin);
  cpu_at_begin_ = own_cpu();
  if (slept) slept = co_await sleep_until(window_.end);
  cpu_at_end_ = own_cpu();
}

Task<> Load::watch_progress() {
  TimePoint last = window_.begin;
  while (last < window_.end) {
    const TimePoint next = std::min(last + 1s, window_.end);
    auto slept = co_await sleep_until(next);
    if (!slept) co_return;
    const Histogram& latency = tally_.latency;
    std::fprintf(stderr, "%5.1f s  %9.0f requests/s  p50 %.0f us  p99 %.0f us  max %.0f us\n",
                 seconds(next - window_.begin),
                 static_cast<double>(latency.count()) / seconds(next - last),
                 microseconds(latency.percentile(50)), microseconds(latency.percentile(99)),
                 microseconds(latency.max()));
    collect();
    last = next;
  }
}

void Load::begin_window() {
  window_.start = Clock::monotonic().now();
  window_.begin = window_.start + options_.warmup;
  window_.end = window_.begin + options_.duration;
}

void Load::end_window() noexcept {
  const TimePoint now = Clock::monotonic().now();
  window_.end = std::min(window_.end, now);
  for (const auto& connection : connections_) connection->give_up(now);
  collect();
  result_.measured = std::max(window_.end - window_.begin, Duration(0));
  result_.late = tally_.late;
  result_.answers = tally_.answers;
  result_.unanswered = tally_.unanswered;
  result_.failures = tally_.failures;
  result_.own_cpu = cpu_at_end_ - cpu_at_begin_;
}

std::unique_ptr<Pacing> Load::make_pacing(std::size_t connection) {
  if (options_.open_loop()) {
    return std::make_unique<OpenLoop>(schedule_, connection, tally_.late);
  }
  return std::make_unique<ClosedLoop>(window_, options_.depth);
}

void Load::collect() noexcept {
  result_.latency.merge(tally_.latency);
  tally_.latency.clear();
}

}  // namespace rondo::tools
