// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "contestant.h"
#include "scenario.h"
#include "subject.h"

namespace rondo::bench {

struct Spread {
  double median;
  double least;
  double most;
};

// Of at least one value.
Spread spread_of(std::vector<double> values);

// One subject and its floor in one scenario, taken in turn:
//
//   floor[0] subject[0] floor[1] subject[1] ... floor[n]
//
// The machine changes speed within seconds, so a window is only ever divided by its neighbours.
struct Comparison {
  Scenario scenario;
  Subject subject;
  std::vector<Window> floor_windows;
  std::vector<Window> subject_windows;

  // Server CPU per request of the subject to the mean of the floor's windows around it.
  Spread ratio() const;

  // Each inner floor window to the mean of the floor windows before and after it: what the ratio
  // of two equal servers looks like here and now. Needs two rounds.
  Spread floor_to_itself() const;
};

struct Measure {
  int rounds = 7;
  double window = 0.6;  // seconds
  std::string raw_directory;
};

// Starts both servers and their loads, runs the windows and ends them all. Throws Failure.
Comparison compare(const Scenario& scenario, const Subject& subject, const Measure& measure);

}  // namespace rondo::bench
