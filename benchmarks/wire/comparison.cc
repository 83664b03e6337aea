// SPDX-License-Identifier: MIT
#include "comparison.h"

#include <unistd.h>

#include <algorithm>

namespace rondo::bench {
namespace {

constexpr double kWarmUp = 0.15;  // seconds

double mean_of_neighbours(const Window& before, const Window& after) {
  return (before.cpu_per_request() + after.cpu_per_request()) / 2;
}

// A program named without a folder is a raw server if there is one of that name.
std::vector<std::string> resolve(std::vector<std::string> command, const std::string& directory) {
  const std::string raw = directory + "/" + command[0];
  if (command[0].find('/') == command[0].npos && access(raw.c_str(), X_OK) == 0) command[0] = raw;
  return command;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median, .least = values.front(), .most = values.back()};
}

Spread Comparison::ratio() const {
  std::vector<double> ratios;
  for (size_t i = 0; i < subject_windows.size(); ++i) {
    ratios.push_back(subject_windows[i].cpu_per_request() /
                     mean_of_neighbours(floor_windows[i], floor_windows[i + 1]));
  }
  return spread_of(std::move(ratios));
}

Spread Comparison::floor_to_itself() const {
  std::vector<double> ratios;
  for (size_t i = 1; i + 1 < floor_windows.size(); ++i) {
    ratios.push_back(floor_windows[i].cpu_per_request() /
                     mean_of_neighbours(floor_windows[i - 1], floor_windows[i + 1]));
  }
  return spread_of(std::move(ratios));
}

Comparison compare(const Scenario& scenario, const Subject& subject, const Measure& measure) {
  const Cores cores = choose_cores();
  const std::string& raw = measure.raw_directory;
  Contestant floor({raw + "/" + subject.floor, "0"}, raw + "/load", scenario, cores);
  Contestant rival(resolve(subject.command, raw), raw + "/load", scenario, cores);
  floor.run(kWarmUp);
  rival.run(kWarmUp);

  Comparison comparison = {scenario, subject, {floor.run(measure.window)}, {}};
  for (int round = 0; round < measure.rounds; ++round) {
    comparison.subject_windows.push_back(rival.run(measure.window));
    comparison.floor_windows.push_back(floor.run(measure.window));
  }
  return comparison;
}

}  // namespace rondo::bench
