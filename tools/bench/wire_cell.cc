// SPDX-License-Identifier: MIT
#include "wire_cell.h"

#include <algorithm>
#include <functional>

#include <absl/strings/str_cat.h>

#include "lineup.h"

namespace rondo::bench {
namespace {

constexpr double kCountingWindow = 0.1;  // seconds
constexpr double kIdleWindow = 0.2;      // seconds
constexpr double kStarting = 0.15;       // seconds, about
constexpr std::size_t kBetweenReferences = 3;
constexpr double kSaturated = 95;  // percent of the load's core
constexpr double kDisturbed = 15;  // percent of a core that something else took
constexpr double kStolen = 2;

class WireCell {
 public:
  WireCell(const WirePlan& plan, const Settings& settings, Progress& progress, Cell& cell)
      : plan_(plan),
        settings_(settings),
        progress_(progress),
        cell_(cell),
        lineup_(plan, settings, cell) {}

  void run() {
    if (plan_.bursts > 0) {
      start_all();
      for (int round = 0; round < settings_.latency_rounds; ++round) run_bursts();
    } else {
      run_rounds();
      compare_with_floors();
      if (plan_.latencies) run_latencies();
    }
    count_all();
  }

 private:
  using Place = Lineup::Place;

  void tell(std::string_view what) {
    ++steps_;
    progress_.at(std::min(1.0, steps_ / expected_steps()), what, cell_);
  }

  double expected_steps() const {
    const auto subjects = static_cast<double>(plan_.subjects.size());
    const int rounds = plan_.bursts > 0 ? 0 : settings_.rounds;
    const int starts = plan_.bursts > 0 ? 1 : settings_.starts;
    return subjects * (starts + rounds + settings_.latency_rounds);
  }

  void start_all() {
    lineup_.start_all([this](std::string_view what) { tell(what); });
  }

  // Evenly among the starts.
  void run_rounds() {
    int round = 0;
    for (int start = 1; start <= settings_.starts; ++start) {
      const int last = settings_.rounds * start / settings_.starts;
      if (round == last) continue;
      start_all();
      double before = run_reference();
      for (; round < last; ++round) before = run_round(before);
    }
  }

  // The reference is never run twice in a row: with 1000 connections the second window would be
  // cheaper by 8 %, as nobody else has used the caches. Takes and gives what it cost at the edges.
  double run_round(double before) {
    std::vector<Place*> group;
    for (Place& place : lineup_.places()) {
      if (place.contestant == nullptr) continue;
      tell(place.subject.name);
      Lineup::attempt(place, [&](Contestant& contestant) {
        place.windows.push_back(contestant.run(settings_.window));
        group.push_back(&place);
      });
      if (group.size() < kBetweenReferences && &place != &lineup_.places().back()) continue;
      before = close_group(group, before);
    }
    return group.empty() ? before : close_group(group, before);
  }

  double run_reference() {
    const Window window = lineup_.reference().run(settings_.window);
    reference_rates_.push_back(static_cast<double>(window.requests) / window.seconds);
    return window.cpu_per_request();
  }

  // The windows of a group lie between two of the reference: each is divided by what the reference
  // would have cost at its place. Gives what it costs now.
  double close_group(std::vector<Place*>& group, double before) {
    const double after = run_reference();
    const auto distance = static_cast<double>(group.size() + 1);
    for (std::size_t i = 0; i < group.size(); ++i) {
      const double part = static_cast<double>(i + 1) / distance;
      const double here = before + (after - before) * part;
      group[i]->row.samples["ratio"].push_back(group[i]->windows.back().cpu_per_request() / here);
      summarize(*group[i]);
    }
    group.clear();
    return after;
  }

  static void set(Place& place, const char* key, const std::function<double(const Window&)>& of) {
    std::vector<double> values;
    for (const Window& window : place.windows) values.push_back(of(window));
    place.row.set(key, std::move(values));
  }

  static void summarize(Place& place) {
    Row& row = place.row;
    if (row.samples.contains("ratio")) row.measures["ratio"] = estimate(row.samples["ratio"]);
    set(place, "cpu_us", [](const Window& w) { return w.cpu_per_request() * 1e6; });
    set(place, "rate", [](const Window& w) { return static_cast<double>(w.requests) / w.seconds; });
    set(place, "switches", [](const Window& w) {
      return static_cast<double>(w.switches) / static_cast<double>(w.requests);
    });
    set(place, "server_share", [](const Window& w) { return 100 * w.server_cpu / w.seconds; });
    set(place, "load_share", [](const Window& w) { return 100 * w.load_cpu / w.seconds; });
    set(place, "other_share", [](const Window& w) { return 100 * w.other_cpu / w.seconds; });
    set(place, "stolen_share", [](const Window& w) { return 100 * w.stolen_cpu / w.seconds; });
    mark(row);
  }

  static void mark(Row& row) {
    row.marks.clear();
    if (row.measures["load_share"].median >= kSaturated) row.marks.push_back("load saturated");
    if (row.measures["other_share"].median >= kDisturbed) row.marks.push_back("machine busy");
    if (row.measures["stolen_share"].median >= kStolen) row.marks.push_back("time stolen");
  }

  // Window by window, so that both sides were divided by the same references.
  void compare_with_floors() {
    for (Place& place : lineup_.places()) {
      const Row* floor = cell_.find(place.subject.floor);
      if (place.contestant == nullptr || floor == nullptr || !floor->find("ratio")) continue;
      const std::vector<double>& ours = place.row.samples["ratio"];
      const std::vector<double>& theirs = floor->samples.at("ratio");
      std::vector<double> ratios;
      for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
        ratios.push_back(ours[i] / theirs[i]);
      }
      place.row.set("floor_ratio", std::move(ratios));
    }
  }

  static void keep(Place& place, const char* key, double nanoseconds) {
    std::vector<double>& samples = place.row.samples[key];
    samples.push_back(nanoseconds / 1000);
    place.row.measures[key] = estimate(samples);
  }

  void run_latencies() {
    const double rate = estimate(reference_rates_).median / 2;
    for (; round_of_latency_ < settings_.latency_rounds; ++round_of_latency_) {
      for (Place& place : lineup_.places()) {
        if (place.contestant != nullptr) tell(absl::StrCat(place.subject.name, ", latency"));
        Lineup::attempt(place,
                        [&](Contestant& contestant) { run_latency(place, contestant, rate); });
      }
    }
  }

  void run_latency(Place& place, Contestant& contestant, double rate) {
    contestant.run_closed(settings_.window);
    const Latencies closed = contestant.take_latencies();
    keep(place, "closed_p50_us", closed.p50);
    keep(place, "closed_p99_us", closed.p99);
    // A connection of its own cannot be due, and nothing repeats a datagram that is lost when a
    // server falls behind.
    if (plan_.workload.churn || place.subject.udp) return;
    if (place.row.measures["rate"].median < rate) {
      if (round_of_latency_ == 0) place.row.marks.push_back("too slow for the open loop");
      return;
    }
    contestant.run_at_rate(rate, settings_.window);
    const Latencies open = contestant.take_latencies();
    keep(place, "open_p50_us", open.p50);
    keep(place, "open_p90_us", open.p90);
    keep(place, "open_p99_us", open.p99);
    keep(place, "open_p999_us", open.p999);
    keep_worst(place, "open_max_us", open.most);
  }

  // Of a maximum only the largest says anything.
  static void keep_worst(Place& place, const char* key, double nanoseconds) {
    place.worst.push_back(nanoseconds / 1000);
    place.row.measures[key] = exactly(*std::max_element(place.worst.begin(), place.worst.end()));
  }

  void run_bursts() {
    for (Place& place : lineup_.places()) {
      if (place.contestant != nullptr) tell(place.subject.name);
      Lineup::attempt(place, [&](Contestant& contestant) {
        // A window too short to hold many ticks would tell nothing of the slowest.
        place.windows.push_back(contestant.run_bursts(plan_.bursts, 2 * settings_.window));
        const Latencies found = contestant.take_latencies();
        summarize(place);
        keep(place, "burst_p50_us", found.p50);
        keep(place, "burst_p99_us", found.p99);
        keep_worst(place, "burst_max_us", found.most);
      });
    }
  }

  // What is counted rather than timed, in windows of its own: counting calls makes them dearer.
  void count_all() {
    for (Place& place : lineup_.places()) {
      Lineup::attempt(place, [&](Contestant& contestant) {
        if (SyscallCounter::refusal().empty()) {
          place.row.measures["syscalls"] = exactly(contestant.count_syscalls(kCountingWindow));
        }
        if (plan_.idle_share) {
          place.row.measures["idle_share"] = exactly(100 * contestant.idle_share(kIdleWindow));
        }
        const ProcessFigures figures = contestant.figures();
        place.row.measures["rss_mib"] = exactly(static_cast<double>(figures.resident) / (1 << 20));
        place.row.measures["threads"] = exactly(figures.threads);
        place.row.measures["io_workers"] = exactly(figures.io_workers);
      });
    }
  }

  const WirePlan& plan_;
  const Settings& settings_;
  Progress& progress_;
  Cell& cell_;
  Lineup lineup_;
  std::vector<double> reference_rates_;
  int round_of_latency_ = 0;
  double steps_ = 0;
};

}  // namespace

void run_wire(const WirePlan& plan, const Settings& settings, Progress& progress, Cell& cell) {
  WireCell(plan, settings, progress, cell).run();
}

double seconds_of_wire(const WirePlan& plan, const Settings& settings) {
  const auto subjects = static_cast<double>(
      std::count_if(plan.subjects.begin(), plan.subjects.end(),
                    [](const Subject& subject) { return subject.missing.empty(); }));
  const int starts = plan.bursts > 0 ? 1 : settings.starts;
  double starting = subjects * (starts * kStarting + kCountingWindow);
  for (const Subject& subject : plan.subjects) starting += starts * subject.warm_up;
  if (plan.bursts > 0) return starting + subjects * settings.latency_rounds * 2 * settings.window;
  const double references = subjects / static_cast<double>(kBetweenReferences) + 1;
  const double rounds = settings.rounds * (subjects + references) * settings.window;
  const double latencies =
      plan.latencies ? settings.latency_rounds * subjects * 2 * settings.window : 0;
  return starting + rounds + latencies;
}

}  // namespace rondo::bench
