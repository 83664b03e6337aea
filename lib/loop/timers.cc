// SPDX-License-Identifier: MIT
#include "rondo/loop/timers.h"

namespace rondo {
namespace {

using Batch = List<Timer>;

// How many timers of a far slot are looked at for an exact deadline.
constexpr int kGlance = 16;

// Merges `later` into `batch`; both sorted. Among equals those in `batch` come first.
void merge(Batch& batch, Batch& later) noexcept {
  Batch merged;
  while (!batch.empty() && !later.empty()) {
    Batch& source = later.front().deadline < batch.front().deadline ? later : batch;
    merged.push_back(*source.pop_front());
  }
  merged.take(batch);
  merged.take(later);
  batch.take(merged);
}

bool is_sorted(Batch& batch) noexcept {
  TimePoint last = TimePoint::min();
  for (Timer* timer = &batch.front(); timer != nullptr; timer = batch.next(*timer)) {
    if (timer->deadline < last) return false;
    last = timer->deadline;
  }
  return true;
}

// Stable, in place, not empty. runs[i] is empty or a sorted run of 2^i timers older than those
// below it.
void sort(Batch& batch) noexcept {
  if (is_sorted(batch)) return;
  std::array<Batch, 48> runs;
  while (Timer* timer = batch.pop_front()) {
    Batch run;
    run.push_back(*timer);
    std::size_t size = 0;
    for (; !runs[size].empty(); ++size) {
      merge(runs[size], run);
      run.take(runs[size]);
    }
    runs[size].take(run);
  }
  for (Batch& run : runs) {
    merge(run, batch);
    batch.take(run);
  }
}

}  // namespace

Timers::~Timers() {
  disarm_all(current_);
  for (Level& level : levels_) {
    for (Batch& slot : level.slots) disarm_all(slot);
  }
}

void Timers::disarm_all(Batch& batch) noexcept {
  while (Timer* timer = batch.pop_front()) timer->armed_in_ = nullptr;
}

std::uint64_t Timers::start_of(Place place) const noexcept {
  const std::size_t shift = place.level * kDigitBits;
  const std::uint64_t above = tick_ >> shift >> kDigitBits << kDigitBits;
  return (above | place.slot) << shift;
}

// The slot that the wheel reaches first. A level's timers all come before those of the levels above
// it, because they share more digits with the wheel. Forgets stale bits on the way.
bool Timers::find_first(Place& place) noexcept {
  while (occupied_ != 0) {
    place.level = static_cast<std::size_t>(std::countr_zero(occupied_));
    Level& level = levels_[place.level];
    while (level.occupied != 0) {
      place.slot = static_cast<std::size_t>(std::countr_zero(level.occupied));
      if (!level.slots[place.slot].empty()) return true;
      level.occupied &= level.occupied - 1;
    }
    occupied_ = static_cast<std::uint8_t>(occupied_ & (occupied_ - 1));
  }
  return false;
}

// Moves the wheel to the next slot that holds timers, deals them out if it is a far one, and says
// true; or to `limit`, and says false, when there is none up to there.
bool Timers::advance(std::uint64_t limit) noexcept {
  Place place;
  if (!find_first(place) || start_of(place) > limit) {
    tick_ = std::max(tick_, limit);
    return false;
  }
  tick_ = start_of(place);
  if (place.level == 0) return true;
  Batch far;
  far.take(levels_[place.level].slots[place.slot]);
  levels_[place.level].occupied &= levels_[place.level].occupied - 1;
  while (Timer* timer = far.pop_front()) insert(*timer);
  return true;
}

// What has arrived in the slot of this tick joins what is already sorted.
void Timers::sort_current() noexcept {
  Batch& slot = levels_[0].slots[tick_ % kSlots];
  if (slot.empty()) return;
  sort(slot);
  merge(current_, slot);
}

std::size_t Timers::expire(TimePoint now, ReadyQueue& ready, std::size_t bound) noexcept {
  if (now >= earliest_) earliest_is_fresh_ = false;
  std::size_t count = 0;
  do {
    sort_current();
    while (!current_.empty() && current_.front().deadline <= now && count < bound) {
      Timer* timer = current_.pop_front();
      timer->armed_in_ = nullptr;
      --size_;
      ++count;
      ready.push_back(*timer);
    }
  } while (current_.empty() && count < bound && advance(tick_of(now)));
  expired_ += count;
  return count;
}

TimePoint Timers::next_deadline() noexcept {
  if (size_ == 0) return kNever;
  if (earliest_is_fresh_) return earliest_;
  TimePoint found = current_.empty() ? kNever : current_.front().deadline;
  Place place;
  if (find_first(place)) {
    Batch& slot = levels_[place.level].slots[place.slot];
    int left = kGlance;
    for (Timer* timer = &slot.front(); timer != nullptr; timer = slot.next(*timer)) {
      if (place.level != 0 && left-- == 0) {
        const auto start = static_cast<std::int64_t>(start_of(place) << kTickBits);
        found = std::min(found, TimePoint(Duration(start)));
        break;
      }
      found = std::min(found, timer->deadline);
      if (found <= earliest_) break;  // nothing can be earlier
    }
  }
  earliest_ = found;
  earliest_is_fresh_ = true;
  return found;
}

}  // namespace rondo
