// SPDX-License-Identifier: MIT
#include "lineup.h"

#include <string>

#include <absl/strings/str_cat.h>

#include "failure.h"

namespace rondo::bench {
namespace {

void give_up(Lineup::Place& place, const Failure& failure) {
  place.row.failed = true;
  place.row.note = failure.what();
  place.contestant.reset();
}

}  // namespace

Lineup::Lineup(const WirePlan& plan, const Settings& settings, Cell& cell)
    : plan_(plan), settings_(settings) {
  cell.reference = plan.reference.name;
  cell.rows.resize(plan.subjects.size());
  for (std::size_t i = 0; i < plan.subjects.size(); ++i) {
    const Subject& subject = plan.subjects[i];
    Row& row = cell.rows[i];
    row.subject = subject.name;
    row.kind = std::string(name_of(subject.kind));
    places_.push_back({subject, row, nullptr, {}, {}});
  }
}

void Lineup::start_all(const std::function<void(std::string_view)>& tell) {
  reference_.reset();
  reference_ = std::make_unique<Contestant>(plan_.reference, settings_.programs, plan_.workload,
                                            settings_.cores);
  reference_->run(plan_.reference.warm_up);
  for (Place& place : places_) {
    if (place.row.failed) continue;
    tell(absl::StrCat("starting ", place.subject.name));
    place.contestant.reset();
    start(place);
  }
}

void Lineup::start(Place& place) {
  const Subject& subject = place.subject;
  place.row.note = subject.refusal(plan_.workload.connections + plan_.workload.idle);
  if (!place.row.note.empty()) return;
  try {
    place.contestant =
        std::make_unique<Contestant>(subject, settings_.programs, plan_.workload, settings_.cores);
  } catch (const Interrupted&) {
    throw;
  } catch (const Failure& failure) {
    give_up(place, failure);
  }
  attempt(place, [&](Contestant& contestant) { contestant.run(subject.warm_up); });
}

void Lineup::attempt(Place& place, const std::function<void(Contestant&)>& step) {
  if (place.contestant == nullptr) return;
  try {
    step(*place.contestant);
  } catch (const Interrupted&) {
    throw;
  } catch (const Failure& failure) {
    give_up(place, failure);
  }
}

}  // namespace rondo::bench
