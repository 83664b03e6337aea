// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

namespace rondo {

// How many connections are accepted after one event. One, as long as they come one by one: the
// accept that finds nothing is saved. But in a loop whose turns are long that is one connection a
// turn, so when event after event brought all that was asked for, twice as much is asked for each
// time, until an accept finds nothing.
class AcceptBurst {
 public:
  // A connection was accepted, after an event or following another one. Whether the next accept is
  // to be made without waiting for an event.
  bool accepted(bool follows) noexcept {
    count_ = follows ? count_ + 1 : 1;
    if (count_ < most_) return true;
    if (++full_ >= kBeforeMore) most_ = std::min(most_ * 2, kMost);
    return false;
  }
  // An accept has found nothing, or has failed.
  void ended() noexcept {
    most_ = 1;
    full_ = 0;
  }

 private:
  static constexpr int kBeforeMore = 8;  // so that one accept in nine is in vain at most
  static constexpr int kMost = 64;

  int most_ = 1;
  int count_ = 0;  // since the event
  int full_ = 0;   // bursts that brought all that was asked for, in a row
};

}  // namespace rondo
