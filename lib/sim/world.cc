// SPDX-License-Identifier: MIT
#include "rondo/sim/world.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/sim/network.h"
#include "kernel/sim/sim_backend.h"
#include "kernel/sim/simulation.h"
#include "rondo/base/assert.h"
#include "rondo/observe/task_tree.h"

namespace rondo::sim {

class World::Inside {
 public:
  explicit Inside(Options options) : simulation(std::move(options)), network(simulation) {}

  struct Member {
    Loop* loop;
    SimBackend* backend;
    std::size_t number;
  };

  // A turn of a loop other than `waiting`, or the next event.
  bool step(const SimBackend* waiting, TimePoint latest);
  bool take_turn(const SimBackend* waiting);
  bool pass(const SimBackend& waiting, TimePoint latest);
  TimePoint next_deadline(const SimBackend* waiting);
  bool is_over();
  std::string waiting_tasks() const;

  Simulation simulation;
  SimNetwork network;
  std::vector<Member> members;
  std::size_t loops_made = 0;
};

bool World::Inside::take_turn(const SimBackend* waiting) {
  std::vector<Member*> able;
  for (Member& member : members) {
    if (member.backend == waiting) continue;
    const bool has_work = member.backend->has_work();
    if (has_work || member.loop->next_deadline() <= simulation.now()) able.push_back(&member);
  }
  if (able.empty()) return false;
  Random& random = simulation.random;
  const Member& chosen = *able[static_cast<std::size_t>(random.below(able.size()))];
  simulation.record("takes a turn", static_cast<int>(chosen.number));
  // A few steps only, so that the loops' steps mix.
  const std::size_t most = simulation.options.most_resumptions;
  chosen.loop->run_once({.events = static_cast<std::size_t>(random.between(1, most))});
  return true;
}

TimePoint World::Inside::next_deadline(const SimBackend* waiting) {
  TimePoint next = kNever;
  for (const Member& member : members) {
    if (member.backend != waiting) next = std::min(next, member.loop->next_deadline());
  }
  return next;
}

bool World::Inside::step(const SimBackend* waiting, TimePoint latest) {
  if (take_turn(waiting)) return true;
  const TimePoint timer = next_deadline(waiting);
  if (simulation.agenda.next() <= timer) return simulation.run_next(latest);
  if (timer > latest) return false;
  simulation.advance_to(timer);
  return true;
}

// A loop waits in its own run().
bool World::Inside::pass(const SimBackend& waiting, TimePoint latest) {
  if (step(&waiting, latest)) return true;
  if (latest == kNever) {
    panic(("nothing can ever run again in this world:\n" + waiting_tasks()).c_str());
  }
  return false;
}

// Nobody has anything to do, now or later; a post on its way counts.
bool World::Inside::is_over() {
  return std::none_of(members.begin(), members.end(), [](const Member& member) {
    return member.loop->has_tasks() || member.loop->next_deadline() == TimePoint::min();
  });
}

std::string World::Inside::waiting_tasks() const {
  std::string text;
  for (const Member& member : members) {
    text += task_tree_text(*member.loop, "loop " + std::to_string(member.number) + ": ");
  }
  return text;
}

World::World(Options options) : inside_(std::make_unique<Inside>(std::move(options))) {}

World::~World() {
  require(inside_->members.empty(), "a simulated world was destroyed before its loops");
}

std::unique_ptr<Loop> World::create_loop(LoopOptions options) {
  Inside& inside = *inside_;
  const std::size_t number = inside.loops_made++;
  auto backend = std::make_unique<SimBackend>(
      inside.simulation, inside.network,
      [&inside](SimBackend& waiting, TimePoint latest) { return inside.pass(waiting, latest); },
      [&inside, number] {
        std::erase_if(inside.members,
                      [number](const Inside::Member& member) { return member.number == number; });
      });
  SimBackend* queue = backend.get();
  options.backend = BackendKind::kSim;
  options.clock = &inside.simulation.clock;
  auto loop = Loop::create_on(std::move(backend), {BackendKind::kSim, "part of a simulated world"},
                              std::move(options));
  inside.members.push_back({loop.get(), queue, number});
  return loop;
}

Outcome World::run_until(TimePoint end) {
  Inside& inside = *inside_;
  while (!inside.is_over()) {
    if (inside.simulation.now() >= end) return {End::kTime, waiting_tasks()};
    if (step(end)) continue;
    if (end == kNever) return {End::kDeadlock, waiting_tasks()};
    const bool later =
        inside.simulation.agenda.next() != kNever || inside.next_deadline(nullptr) != kNever;
    if (!later) return {End::kDeadlock, waiting_tasks()};
    inside.simulation.advance_to(end);
  }
  return {};
}

bool World::step(TimePoint latest) { return inside_->step(nullptr, latest); }

TimePoint World::now() const noexcept { return inside_->simulation.now(); }

const Clock& World::clock() const noexcept { return inside_->simulation.clock; }

std::uint64_t World::random() noexcept { return inside_->simulation.random.next(); }

std::uint64_t World::trace_hash() const noexcept { return inside_->simulation.trace_hash(); }

std::size_t World::open_descriptors() const noexcept { return inside_->network.open_sockets(); }

std::string World::waiting_tasks() const { return inside_->waiting_tasks(); }

}  // namespace rondo::sim
