// SPDX-License-Identifier: MIT
// One direction of a simulated connection.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "rondo/base/clock.h"
#include "rondo/kernel/control.h"

namespace rondo {

struct SimSocket;

// A socket at one end of a pipe.
struct SimEnd {
  std::weak_ptr<SimSocket> socket;
  SocketName name;
};

// What travels, in order.
struct SimSegment {
  enum class Kind { kBytes, kEnd, kReset };
  Kind kind = Kind::kBytes;
  std::string bytes = {};
};

//   send() --> | on its way: segments | --arrive()--> | arrived: bytes, then end or reset | -->
//   take()
//              |<----------------- at most `capacity` bytes ------------------->|
class SimPipe {
 public:
  SimPipe(std::size_t capacity, SimEnd writer_, SimEnd reader_)
      : writer(std::move(writer_)), reader(std::move(reader_)), capacity_(capacity) {}

  // Bytes that can be sent now.
  std::size_t room() const noexcept { return capacity_ - bytes_; }
  std::size_t capacity() const noexcept { return capacity_; }
  void send(SimSegment segment) {
    bytes_ += segment.bytes.size();
    on_its_way_.push_back(std::move(segment));
  }
  // The oldest segment arrives; what it was.
  SimSegment::Kind arrive();

  std::size_t arrived() const noexcept { return arrived_.size() - taken_; }
  // Up to `most` of the bytes that have arrived; how many there were.
  std::size_t take(std::byte* into, std::size_t most);

  bool ended() const noexcept { return ended_; }      // after all that has arrived nothing comes
  bool was_reset() const noexcept { return reset_; }  // likewise, and the other end is gone

  const SimEnd writer;
  const SimEnd reader;
  TimePoint last_arrival{};      // of what is on its way: the next segment comes no sooner
  bool reader_has_gone = false;  // what arrives finds nobody

 private:
  const std::size_t capacity_;
  std::size_t bytes_ = 0;
  std::deque<SimSegment> on_its_way_;
  std::string arrived_;
  std::size_t taken_ = 0;  // of arrived_
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace rondo
