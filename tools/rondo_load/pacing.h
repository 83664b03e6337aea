// SPDX-License-Identifier: MIT
// Pacing: when a connection sends its requests, and from when their latency counts.
//
// Requests of a connection are numbered from 0, and answers come in that order.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "rondo/base/clock.h"
#include "rondo/base/histogram.h"
#include "rondo/base/ready.h"
#include "rondo/coro/task.h"

namespace rondo::tools {

// When the run is. Latency is measured for requests that start in [begin, end); requests go on
// before `begin`, to warm up, and none starts from `end` on.
struct Window {
  TimePoint start;
  TimePoint begin;
  TimePoint end;

  bool measures(TimePoint when) const noexcept { return begin <= when && when < end; }
};

class Pacing {
 public:
  virtual ~Pacing() = default;

  // Waits until requests may be sent and gives how many, in the order of their numbers; 0 when
  // there will be no more. A stop request makes it 0 at once.
  virtual Task<std::uint64_t> next() = 0;

  // From when the latency of a request that was given by next() and is unanswered counts.
  virtual TimePoint start_of(std::uint64_t request) const noexcept = 0;

  // `count` more answers have come.
  virtual void answered(std::uint64_t count, TimePoint now) noexcept = 0;

  // How many requests start before the end of the window and are known now.
  virtual std::uint64_t started() const noexcept = 0;

  // Nothing is left to be sent or to be answered.
  virtual bool complete() const noexcept = 0;
};

// As many requests as `depth` are in flight: an answer lets the next one go, and its latency counts
// from then.
class ClosedLoop final : public Pacing {
 public:
  ClosedLoop(const Window& window, std::size_t depth);

  Task<std::uint64_t> next() override;
  TimePoint start_of(std::uint64_t request) const noexcept override {
    return starts_[request % starts_.size()];
  }
  void answered(std::uint64_t count, TimePoint now) noexcept override;
  std::uint64_t started() const noexcept override { return started_; }
  bool complete() const noexcept override { return ended_ && answered_ == started_; }

 private:
  // Suspends until there is something to send, or nothing any more.
  class Wait;

  void start(std::uint64_t count, TimePoint now) noexcept;
  void wake() noexcept;

  const Window& window_;
  std::vector<TimePoint> starts_;  // of the requests in flight, a ring
  std::uint64_t started_ = 0;
  std::uint64_t given_ = 0;
  std::uint64_t answered_ = 0;
  bool ended_ = false;
  Wait* waiting_ = nullptr;
};

// When all requests of all connections are due: one every 1/rate s, dealt to the connections in
// turn.
class Schedule {
 public:
  Schedule(const Window& window, double rate, std::size_t connections)
      : window_(window), rate_(rate), connections_(connections) {}

  TimePoint due(std::size_t connection, std::uint64_t request) const noexcept;
  // How many requests of a connection are due before `when`.
  std::uint64_t due_before(std::size_t connection, TimePoint when) const noexcept;
  const Window& window() const noexcept { return window_; }

 private:
  const Window& window_;
  double rate_;
  std::size_t connections_;
};

// Requests go when the schedule says, whatever is unanswered, and their latency counts from then: a
// server that stalls is charged for every request that was due meanwhile.
class OpenLoop final : public Pacing {
 public:
  // `late` collects by how much requests went later than they were due.
  OpenLoop(const Schedule& schedule, std::size_t connection, Histogram& late)
      : schedule_(schedule),
        connection_(connection),
        late_(late),
        total_(schedule.due_before(connection, schedule.window().end)) {}

  Task<std::uint64_t> next() override;
  TimePoint start_of(std::uint64_t request) const noexcept override {
    return schedule_.due(connection_, request);
  }
  void answered(std::uint64_t count, TimePoint) noexcept override { answered_ += count; }
  std::uint64_t started() const noexcept override { return total_; }
  bool complete() const noexcept override { return answered_ >= total_; }

 private:
  const Schedule& schedule_;
  std::size_t connection_;
  Histogram& late_;
  std::uint64_t total_;
  std::uint64_t given_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace rondo::tools
