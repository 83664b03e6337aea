// SPDX-License-Identifier: MIT
// One connection of the load: a task that sends, a task that receives and checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "pacing.h"
#include "pattern.h"
#include "rondo/base/histogram.h"
#include "rondo/coro/task.h"
#include "rondo/net/socket_stream.h"

namespace rondo::tools {

// What all connections count together.
struct Tally {
  Histogram latency;             // of measured requests, since the last progress report
  Histogram late;                // open loop: by how much measured requests went too late
  std::uint64_t answers = 0;     // since the start
  std::uint64_t unanswered = 0;  // requests without an answer at the end, the warm-up's too
  std::uint64_t failures = 0;    // connections that failed
  std::string first_failure;     // a line about the first of them
};

// What all connections have in common; outlives them.
struct LoadSetting {
  const Pattern& pattern;
  const Window& window;
  std::size_t size;
  Tally& tally;
};

// Sending and receiving are two tasks, so that neither waits for the other: a server that cannot
// get rid of its answers would not read on.
class Connection {
 public:
  Connection(const LoadSetting& setting, std::size_t index, SocketStream stream,
             std::unique_ptr<Pacing> pacing) noexcept;

  // Both run until the pacing is complete, the connection fails or a stop is requested; a failure
  // is counted and asks `scope`, in which both run, to stop.
  Task<> send_requests(Scope& scope);
  Task<> receive_answers(Scope& scope);

  // Counts what is unanswered after the end, with its age at `now` as its latency so far.
  void give_up(TimePoint now) noexcept;

 private:
  // Checks bytes and counts the answers that they complete. False, with the failure noted, when a
  // byte is wrong.
  bool take(std::span<const std::byte> bytes);
  void fail(Scope& scope, const char* what, Error error);
  void note_failure(std::string line);

  const LoadSetting& setting_;
  std::size_t index_;
  SocketStream stream_;
  std::unique_ptr<Pacing> pacing_;
  std::uint64_t received_ = 0;  // bytes
  std::uint64_t answered_ = 0;  // requests
  bool failed_ = false;
};

}  // namespace rondo::tools
