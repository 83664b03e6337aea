// SPDX-License-Identifier: MIT
// The servers of a cell over the network, all of them running and connected at the same time.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "contestant.h"
#include "result.h"
#include "settings.h"
#include "wire_plan.h"

namespace rondo::bench {

class Lineup {
 public:
  struct Place {
    const Subject& subject;
    Row& row;
    std::unique_ptr<Contestant> contestant;  // none: it is not here, or has failed
    std::vector<Window> windows;
    std::vector<double> worst;  // latency, in us
  };

  // Gives each subject of `plan` a row of `cell`. Starts nothing.
  Lineup(const WirePlan& plan, const Settings& settings, Cell& cell);

  // Starts all, anew if they run; `tell` hears of each beforehand. Where a process's memory happens
  // to lie is good for some percent, so a few processes of each tell more than one. Throws Failure
  // when the reference fails.
  void start_all(const std::function<void(std::string_view)>& tell);

  std::vector<Place>& places() { return places_; }
  Contestant& reference() { return *reference_; }

  // Does `step` with one that is here. If that fails, it says so in its row, is ended, and takes
  // part no more.
  static void attempt(Place& place, const std::function<void(Contestant&)>& step);

 private:
  void start(Place& place);

  const WirePlan& plan_;
  const Settings& settings_;
  std::vector<Place> places_;
  std::unique_ptr<Contestant> reference_;
};

}  // namespace rondo::bench
