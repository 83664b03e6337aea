// SPDX-License-Identifier: MIT
#include "kernel/sim/pipe.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rondo {

SimSegment::Kind SimPipe::arrive() {
  const SimSegment segment = std::move(on_its_way_.front());
  on_its_way_.pop_front();
  switch (segment.kind) {
    case SimSegment::Kind::kBytes:
      if (reader_has_gone) {
        bytes_ -= segment.bytes.size();
      } else {
        arrived_ += segment.bytes;
      }
      break;
    case SimSegment::Kind::kEnd:
      ended_ = true;
      break;
    case SimSegment::Kind::kReset:
      reset_ = true;
      break;
  }
  return segment.kind;
}

std::size_t SimPipe::take(std::byte* into, std::size_t most) {
  const std::size_t count = std::min(most, arrived());
  std::memcpy(into, arrived_.data() + taken_, count);
  taken_ += count;
  bytes_ -= count;
  if (taken_ == arrived_.size()) {
    arrived_.clear();
    taken_ = 0;
  } else if (taken_ > arrived_.size() / 2) {
    arrived_.erase(0, taken_);
    taken_ = 0;
  }
  return count;
}

}  // namespace rondo
