// SPDX-License-Identifier: MIT
// Runs a few model threads in every possible interleaving of their atomic operations.
//
// Each model thread is a fiber that stops before every operation on a ModelAtomic (model_atomic.h);
// the scheduler decides who performs its operation next. Executions are replayed from the beginning
// with another decision each time, depth first, until all have been tried. Memory is sequentially
// consistent. compare_exchange_weak never fails spuriously here: that would only repeat the loop
// around it.
//
// Two states are the same when the memory of the world and everything that each thread has read
// from atomics so far are the same; threads are deterministic, so the future is the same too. Such
// a state is explored once, and the interleavings that lead on from it are counted each time.
// (States are told apart by 64-bit hashes: that two among 10^5 collide has a probability below
// 10^-9.)
//
// A thread that reads the same value from the same atomic twice in a row is taken to spin, and goes
// on only when the value has changed. So a wait without end is found as a deadlock.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rondo/base/assert.h"
#include "support/fiber.h"

namespace rondo {

enum class Merging { kOff, kOn };  // whether equal states are explored once

class Interleaver {
 public:
  struct Report {
    std::uint64_t interleavings = 0;  // covered
    std::uint64_t states = 0;         // told apart
    std::uint64_t runs = 0;           // executed
    std::string failure;              // of the first run that went wrong, with its schedule
  };

  // Runs a World(arguments...) in all interleavings, or up to the first failure. A World holds all
  // that its threads share, within itself (no heap), and has
  //   std::vector<std::function<void()>> threads();
  //   const char* verdict();   what is wrong after all threads have ended, or nullptr
  template <class World, class... Arguments>
  static Report explore(Merging merging, const Arguments&... arguments);

  // The rest is for the threads.

  // The model that runs now.
  static Interleaver& current() { return *current_; }
  // The thread stops before an operation; `cell` is what it is about to touch.
  void before(const std::uint64_t& cell, bool plain_load = false);
  // It has performed it and got `seen`.
  void after(const std::uint64_t& cell, std::uint64_t seen, bool plain_load = false);
  // Blocks the thread until the cell is not zero.
  void wait_for_nonzero(const std::uint64_t& cell);
  // What the thread does from here on depends on `where` and the world's memory alone: its
  // variables hold nothing else. The more often this is said, the more states are equal.
  void checkpoint(std::uint64_t where);
  // The run is wrong. Does not return to a thread.
  void fail(const char* why);
  // From now on no thread may touch an atomic: what it belongs to has ended.
  void end_of_life() { ended_ = true; }

 private:
  struct Thread {
    explicit Thread(std::function<void()> run) : fiber(std::move(run)) {}

    Fiber fiber;
    std::function<void()> body;
    std::uint64_t history = 0;
    const std::uint64_t* last_loaded = nullptr;  // by a load, and nothing since
    const std::uint64_t* waits_for = nullptr;
    std::uint64_t waits_while = 0;  // the value that does not let it go on
    bool finished = false;
  };
  using Set = std::uint32_t;  // of threads, a bit for each

  struct Decision {
    Set untried;
    std::size_t chosen;
    std::uint64_t state;
    std::uint64_t interleavings;
  };

  static std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29) ^ std::rotl(hash, 17);
  }

  void start(std::vector<std::function<void()>> bodies);
  void step(std::size_t thread);
  Set enabled() const;
  static std::size_t take_first(Set& set);
  std::uint64_t state(const std::byte* world, std::size_t size) const;
  bool backtrack();
  template <class World>
  void run(Merging merging, World& world, const std::byte* memory);
  std::string schedule() const;

  static inline Interleaver* current_ = nullptr;

  std::vector<std::unique_ptr<Thread>> threads_;
  Thread* running_ = nullptr;
  bool ended_ = false;
  std::vector<std::size_t> schedule_;
  std::vector<Decision> decisions_;
  std::unordered_map<std::uint64_t, std::uint64_t> explored_;
  Report report_;
};

inline void Interleaver::before(const std::uint64_t& cell, bool plain_load) {
  if (running_ == nullptr) return;
  Thread& self = *running_;
  if (plain_load && self.last_loaded == &cell) {
    self.waits_for = &cell;
    self.waits_while = cell;
  }
  self.fiber.suspend();
  self.waits_for = nullptr;
  if (ended_) fail("a thread touches what has ended");
}

inline void Interleaver::after(const std::uint64_t& cell, std::uint64_t seen, bool plain_load) {
  if (running_ == nullptr) return;
  running_->last_loaded = plain_load ? &cell : nullptr;
  running_->history = mix(mix(running_->history, reinterpret_cast<std::uintptr_t>(&cell)), seen);
}

inline void Interleaver::wait_for_nonzero(const std::uint64_t& cell) {
  Thread& self = *running_;
  self.waits_for = &cell;
  self.waits_while = 0;
  self.fiber.suspend();
  self.waits_for = nullptr;
  self.last_loaded = nullptr;
  self.history = mix(self.history, 1);
}

inline void Interleaver::checkpoint(std::uint64_t where) {
  running_->last_loaded = nullptr;
  running_->history = mix(0, where);
}

inline void Interleaver::fail(const char* why) {
  if (report_.failure.empty()) report_.failure = why + schedule();
  while (running_ != nullptr) running_->fiber.suspend();
}

inline std::string Interleaver::schedule() const {
  std::string text = "; schedule:";
  for (const std::size_t thread : schedule_) text += ' ' + std::to_string(thread);
  return text;
}

inline void Interleaver::start(std::vector<std::function<void()>> bodies) {
  ended_ = false;
  schedule_.clear();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (threads_.size() == i) {
      threads_.push_back(std::make_unique<Thread>([this, i] {
        threads_[i]->body();
        threads_[i]->finished = true;
      }));
    }
    Thread& thread = *threads_[i];
    thread.body = std::move(bodies[i]);
    thread.history = 0;
    thread.last_loaded = nullptr;
    thread.finished = false;
  }
  // Up to the first operation of each; before it they touch nothing that is shared.
  for (std::size_t i = 0; i < threads_.size(); ++i) step(i);
}

inline void Interleaver::step(std::size_t thread) {
  running_ = threads_[thread].get();
  running_->fiber.resume();
  running_ = nullptr;
}

inline Interleaver::Set Interleaver::enabled() const {
  Set result = 0;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const Thread& thread = *threads_[i];
    const bool waits = thread.waits_for != nullptr && *thread.waits_for == thread.waits_while;
    if (!thread.finished && !waits) result |= Set{1} << i;
  }
  return result;
}

inline std::size_t Interleaver::take_first(Set& set) {
  const auto first = static_cast<std::size_t>(std::countr_zero(set));
  set &= set - 1;
  return first;
}

// The world lies at the same place in every run, so the pointers in it are comparable too.
inline std::uint64_t Interleaver::state(const std::byte* world, std::size_t size) const {
  std::uint64_t hash = 0;
  for (const auto& thread : threads_) hash = mix(mix(hash, thread->history), thread->finished);
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, world + at, sizeof(word));
    hash = mix(hash, word);
  }
  return hash;
}

template <class World>
void Interleaver::run(Merging merging, World& world, const std::byte* memory) {
  start(world.threads());
  bool known = false;  // the rest of this run has been explored before
  for (std::size_t depth = 0; report_.failure.empty(); ++depth) {
    Set able = enabled();
    if (able == 0) break;
    std::size_t chosen = take_first(able);
    if (depth < decisions_.size() && !known) {
      chosen = decisions_[depth].chosen;
    } else if (!known) {
      const std::uint64_t here = merging == Merging::kOn ? state(memory, sizeof(World)) : 0;
      const auto found = merging == Merging::kOn ? explored_.find(here) : explored_.end();
      known = found != explored_.end();
      if (known) {
        decisions_.back().interleavings += found->second;
      } else {
        decisions_.push_back({able, chosen, here, 0});
      }
    }
    schedule_.push_back(chosen);
    step(chosen);
  }
  ++report_.runs;
  if (!report_.failure.empty()) return;
  for (const auto& thread : threads_) {
    if (!thread->finished) return fail("a thread waits for ever");
  }
  if (const char* wrong = world.verdict()) return fail(wrong);
  if (!known) ++decisions_.back().interleavings;
}

// To the next decision that has not been tried; false when there is none left.
inline bool Interleaver::backtrack() {
  while (!decisions_.empty()) {
    Decision& last = decisions_.back();
    if (last.untried != 0) {
      last.chosen = take_first(last.untried);
      return true;
    }
    ++report_.states;
    const std::uint64_t interleavings = last.interleavings;
    explored_.emplace(last.state, interleavings);
    decisions_.pop_back();
    (decisions_.empty() ? report_.interleavings : decisions_.back().interleavings) += interleavings;
  }
  return false;
}

template <class World, class... Arguments>
Interleaver::Report Interleaver::explore(Merging merging, const Arguments&... arguments) {
  Interleaver model;
  current_ = &model;
  const std::unique_ptr<std::byte[]> memory(new std::byte[sizeof(World)]);
  do {
    std::memset(memory.get(), 0, sizeof(World));
    auto* world = new (memory.get()) World(arguments...);
    model.run(merging, *world, memory.get());
    // After a failure its threads are stuck in the middle, and the world goes without its end.
    if (!model.report_.failure.empty()) break;
    world->~World();
  } while (model.backtrack());
  current_ = nullptr;
  return model.report_;
}

}  // namespace rondo
