// SPDX-License-Identifier: MIT
// The whole run: connects, loads, waits for what is unanswered, and tells what was measured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "options.h"
#include "pacing.h"
#include "pattern.h"
#include "rondo/coro/task.h"

namespace rondo::tools {

struct LoadResult {
  Histogram latency;             // of each measured request
  Histogram late;                // open loop: by how much each went later than it was due
  Duration measured{0};          // how long requests that started were measured
  std::uint64_t answers = 0;     // all answers, warm-up and rest included
  std::uint64_t unanswered = 0;  // requests that had no answer in the end, the warm-up's too
  std::uint64_t failures = 0;    // connections that failed
  Duration own_cpu{0};           // of this process, while it measured
  std::string failure;           // one line about why the run failed; empty if it did not

  // Measured requests with their answer.
  std::uint64_t requests() const noexcept { return latency.count() - unanswered; }
  double requests_per_second() const noexcept;
};

class Load {
 public:
  explicit Load(const LoadOptions& options) noexcept : options_(options) {}

  // On the loop that makes the connections. Ends by itself after warm-up, duration and at most the
  // patience; or early, by a stop request or a failure.
  Task<> run();

  // After run(), however it ended.
  LoadResult result() &&;

 private:
  Task<> connect_all();
  Task<> connect_some(Scope& scope);
  Task<> load_all();
  Task<> watch_cpu();
  Task<> watch_progress();

  void begin_window();
  void end_window() noexcept;
  std::unique_ptr<Pacing> make_pacing(std::size_t connection);
  // Moves the latencies since the last call to those of the whole run.
  void collect() noexcept;

  const LoadOptions& options_;
  Pattern pattern_;
  Window window_{};
  Schedule schedule_{window_, options_.rate, options_.connections};
  Tally tally_;
  const LoadSetting setting_{pattern_, window_, options_.size, tally_};
  std::vector<SocketStream> streams_;
  std::size_t connects_ = 0;  // begun
  std::vector<std::unique_ptr<Connection>> connections_;
  Duration cpu_at_begin_{0};
  Duration cpu_at_end_{0};
  LoadResult result_;
};

}  // namespace rondo::tools
