// SPDX-License-Identifier: MIT
// Deadlines: a hierarchical timing wheel with exact order and nanosecond deadlines.
//
//   tick = deadline / 32.768 us           each level is 64 slots, one bit of a bitmap per slot
//
//   level 0   | now | +1 | +2 | ...  slots of one tick: 2.1 ms in all
//   level 1   |     64 ticks  | ...  134 ms in all
//   level 2   ...                    8.6 s, 9 min, 10 h, 26 days, 4.6 years, 292 years
//
// A timer's level is the highest base-64 digit in which its tick differs from the wheel's. When
// the wheel reaches a slot above level 0, it deals the timers in it out to the levels below. It
// reaches slots in order, so equal deadlines keep the order in which they were armed, and all that
// is left to sort is what lies within one tick.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "rondo/base/assert.h"
#include "rondo/base/clock.h"
#include "rondo/base/counter.h"
#include "rondo/base/list.h"
#include "rondo/base/ready.h"

namespace rondo {

class Timers;

// One deadline. It lives where it was made (in a coroutine frame); its links serve the wheel while
// it is armed and the ready queue once it has expired, where run() is called. Its end cancels it.
class Timer : public ReadyNode {
 public:
  TimePoint deadline = kNever;  // set by arm; not to be changed while armed

  // Waits for its deadline: armed, and neither expired nor cancelled since.
  bool armed() const noexcept { return armed_in_ != nullptr; }

 protected:
  ~Timer();

 private:
  friend class Timers;  // knows which timers are its own

  Timers* armed_in_ = nullptr;
};

// All deadlines of one loop; used by its thread only. Never allocates. A timer never expires early,
// and as late as expire() is called.
class Timers {
 public:
  Timers() noexcept = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers();  // disarms what is left

  // `timer` expires at `deadline`: at the next expire() if that has passed, never if it is kNever
  // (then the timer is not armed at all). A few instructions. The timer must be in no list.
  void arm(Timer& timer, TimePoint deadline) noexcept;

  // `timer` will not run: it leaves the wheel, or the ready queue if it has expired already. True
  // when it was still armed. A few instructions; does nothing to a timer that is in no list.
  bool cancel(Timer& timer) noexcept;

  // Pushes the timers with deadline <= now, in order of (deadline, arming), at most `bound` of
  // them; returns how many. The others stay due for the next call. `now` may go anywhere.
  std::size_t expire(TimePoint now, ReadyQueue& ready, std::size_t bound) noexcept;

  // When to call expire() next; kNever when empty. No timer expires before this. It is the first
  // deadline exactly if that is less than 2 ms away or there are few timers near it; otherwise it
  // may be earlier, which costs at most seven wakes in vain on the way to a far one.
  TimePoint next_deadline() noexcept;

  std::size_t size() const noexcept { return size_; }
  // How many have expired since the beginning. Any thread.
  std::uint64_t expired() const noexcept { return expired_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  static constexpr int kTickBits = 15;  // 15 + 8 * 6 = 63 bits: every TimePoint after the epoch
  static constexpr int kDigitBits = 6;
  static constexpr std::size_t kLevels = 8;
  static constexpr std::size_t kSlots = 1 << kDigitBits;
  // A deadline before this counts as this: so the time until a deadline can always be told.
  static constexpr TimePoint kEarliest{TimePoint::min().time_since_epoch() / 2};

  using Batch = List<Timer>;
  struct Level {
    std::uint64_t occupied = 0;  // a set bit may be stale: its timers were cancelled
    std::array<Batch, kSlots> slots;
  };
  struct Place {
    std::size_t level;
    std::size_t slot;
  };

  static std::uint64_t tick_of(TimePoint time) noexcept {
    const std::int64_t nanoseconds = time.time_since_epoch().count();
    return nanoseconds <= 0 ? 0 : static_cast<std::uint64_t>(nanoseconds) >> kTickBits;
  }
  // The first moment of a slot.
  std::uint64_t start_of(Place place) const noexcept;

  void insert(Timer& timer) noexcept;
  bool find_first(Place& place) noexcept;
  bool advance(std::uint64_t limit) noexcept;
  void sort_current() noexcept;
  void disarm_all(Batch& batch) noexcept;

  std::uint64_t tick_ = 0;  // the wheel's position: no slot holds anything before it
  std::size_t size_ = 0;
  Counter expired_;
  TimePoint earliest_ = kNever;     // no armed timer is before this
  bool earliest_is_fresh_ = false;  // and nothing is to be gained from looking again
  std::uint8_t occupied_ = 0;       // a bit per level whose bitmap is not zero
  Batch current_;  // sorted: what was in the slot of tick_ when it was last looked at
  std::array<Level, kLevels> levels_;
};

inline Timer::~Timer() {
  if (armed_in_ != nullptr) armed_in_->cancel(*this);
}

inline void Timers::insert(Timer& timer) noexcept {
  const std::uint64_t tick = std::max(tick_of(timer.deadline), tick_);
  const auto digits = static_cast<std::size_t>(std::bit_width(tick ^ tick_) + kDigitBits - 1);
  const std::size_t level = digits < kDigitBits ? 0 : digits / kDigitBits - 1;
  const std::size_t slot = (tick >> (level * kDigitBits)) % kSlots;
  levels_[level].slots[slot].push_back(timer);
  levels_[level].occupied |= std::uint64_t{1} << slot;
  occupied_ = static_cast<std::uint8_t>(occupied_ | (1u << level));
}

inline void Timers::arm(Timer& timer, TimePoint deadline) noexcept {
  require(!timer.linked(), "a timer was armed that is armed already, or has expired and not run");
  timer.deadline = std::max(deadline, kEarliest);
  if (deadline == kNever) return;
  timer.armed_in_ = this;
  ++size_;
  if (timer.deadline < earliest_) {
    earliest_ = timer.deadline;
    earliest_is_fresh_ = true;
  }
  insert(timer);
}

inline bool Timers::cancel(Timer& timer) noexcept {
  timer.unlink();
  if (timer.armed_in_ == nullptr) return false;
  timer.armed_in_ = nullptr;
  --size_;
  if (timer.deadline == earliest_) earliest_is_fresh_ = false;
  return true;
}

}  // namespace rondo
