// SPDX-License-Identifier: MIT
// A simulated world: a network in memory, a clock that jumps, and the loops that live there.
//
//   sim::World world({.seed = 7});
//   auto server = world.create_loop();
//   auto client = world.create_loop();
//   server->spawn(serve, TcpListener::listen(*server, *Endpoint::parse("10.0.0.1:7000")).value());
//   client->spawn(ask, *Endpoint::parse("10.0.0.1:7000"));
//   sim::Outcome outcome = world.run_for(1h);      // an hour of it takes milliseconds
//   EXPECT_EQ(outcome.end, sim::End::kFinished) << outcome.report;
//
// The same coroutines, streams and listeners as on a kernel queue, on one thread and without a
// system call. What happens is a function of the program and the seed: how long everything travels,
// into which pieces bytes are cut, in which order independent operations complete and loops take
// their turns. A program that fails with some seed fails with it again.
//
// For that, everything must come from the world: time from loops or now(), chance from random(),
// no other threads, no descriptors of the kernel, and nothing that depends on addresses in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "rondo/base/clock.h"
#include "rondo/kernel/simulation.h"
#include "rondo/loop/loop.h"

namespace rondo::sim {

enum class End : std::uint8_t {
  kFinished,  // every task on every loop has ended
  kDeadlock,  // nothing can ever run again, but tasks are left
  kTime,      // the time that was given is over
};

struct Outcome {
  End end = End::kFinished;
  std::string report;  // kDeadlock, kTime: what each task waits for, a line each
};

// Belongs to the thread that made it, and so do its loops. Must outlive them.
class World {
 public:
  explicit World(Options options = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // A loop of this world. Its backend, its trigger and its clock are the world's, whatever the
  // options say. Loop::run() works too: meanwhile the other loops have their turns, and a deadlock
  // ends the process with its report.
  std::unique_ptr<Loop> create_loop(LoopOptions options = {});

  // Runs all loops until every task has ended, or nothing can happen any more.
  Outcome run() { return run_until(kNever); }
  // The same, at most until then; what waits for later stays.
  Outcome run_until(TimePoint end);
  Outcome run_for(Duration time) { return run_until(after(now(), time)); }

  // Lets one thing happen: a turn of a loop by chance among those that have something to do, or
  // else the next event, to which the time jumps. False when nothing can happen up to `latest`.
  bool step(TimePoint latest = kNever);

  TimePoint now() const noexcept;
  const Clock& clock() const noexcept;
  // Chance of the world's: as all of it, a function of the seed.
  std::uint64_t random() noexcept;

  // Of everything that has happened so far, in its order and with its times. Runs of one program
  // with one seed have the same.
  std::uint64_t trace_hash() const noexcept;

  // Sockets of it that are open now; none are left when nothing leaks.
  std::size_t open_descriptors() const noexcept;

  // What each task waits for, a line each: "loop 1: accept_players: accept".
  std::string waiting_tasks() const;

 private:
  class Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rondo::sim
