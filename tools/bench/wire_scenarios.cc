// SPDX-License-Identifier: MIT
// The scenarios whose cells are servers under a load.
#include <algorithm>

#include <absl/strings/str_cat.h>

#include "memory_cell.h"
#include "scenarios.h"
#include "subjects.h"
#include "wire_cell.h"

namespace rondo::bench {
namespace {

constexpr const char* kLeftOut =
    "left out: it looks at all connections in each turn, which takes too long";

CellPlan wire_cell(std::string name, double x, WirePlan plan, const Settings& settings) {
  plan.subjects = chosen(std::move(plan.subjects), settings);
  if (plan.subjects.empty()) return {.name = std::move(name), .x = x};
  plan.reference = subject_named("raw-level", settings);
  plan.reference.name = "raw-level";
  const double seconds = seconds_of_wire(plan, settings);
  auto run = [plan = std::move(plan), settings](Progress& progress, Cell& cell) {
    run_wire(plan, settings, progress, cell);
  };
  return {.name = std::move(name), .x = x, .seconds = seconds, .run = std::move(run)};
}

std::string bytes_text(int bytes) {
  if (bytes >= 1 << 20) return absl::StrCat(bytes >> 20, " MiB");
  if (bytes >= 1 << 10) return absl::StrCat(bytes >> 10, " KiB");
  return absl::StrCat(bytes, " B");
}

std::string text_of(const Workload& workload) {
  std::string text = absl::StrCat(workload.connections, " x ", bytes_text(workload.bytes));
  if (workload.depth > 1) absl::StrAppend(&text, ", depth ", workload.depth);
  return text;
}

}  // namespace

std::vector<CellPlan> echo_cells(const Settings& settings) {
  std::vector<Workload> workloads = {
      {.connections = 64, .bytes = 64},
      {.connections = 1000, .bytes = 64},
      {.connections = 64, .bytes = 64, .depth = 16},
      {.connections = 64, .bytes = 16 * 1024},
      {.connections = 1, .bytes = 64},
  };
  if (settings.quick) workloads.resize(2);
  std::vector<CellPlan> cells;
  for (const Workload& workload : workloads) {
    cells.push_back(wire_cell(text_of(workload), 0,
                              {.workload = workload, .subjects = everybody(settings)}, settings));
  }
  return cells;
}

std::vector<CellPlan> wake_cost_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int idle : {100, 900, 10'000}) {
    if (settings.quick && idle == 900) continue;
    cells.push_back(wire_cell(
        absl::StrCat(idle, " idle"), idle,
        {.workload = {.idle = idle}, .latencies = false, .subjects = ours_and_floors(settings)},
        settings));
  }
  return cells;
}

std::vector<CellPlan> trigger_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const Workload& workload :
       {Workload{.connections = 64, .bytes = 64}, Workload{.connections = 1000, .bytes = 64},
        Workload{.connections = 64, .bytes = 16 * 1024}}) {
    if (settings.quick && !cells.empty()) break;
    std::vector<Subject> subjects =
        named({"rondo-level", "rondo-edge", "rondo-oneshot", "raw-level", "raw-edge"}, settings);
    cells.push_back(wire_cell(text_of(workload), 0,
                              {.workload = workload, .subjects = std::move(subjects)}, settings));
  }
  return cells;
}

std::vector<CellPlan> payload_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int bytes : {64, 1024, 4096, 16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024}) {
    if (settings.quick && bytes != 64 && bytes != 16 * 1024 && bytes != 1024 * 1024) continue;
    // No more than 16 MiB under way: beyond it is the memory's speed that is measured.
    const int connections = std::min(64, (16 << 20) / bytes);
    cells.push_back(wire_cell(bytes_text(bytes), bytes,
                              {.workload = {.connections = connections, .bytes = bytes},
                               .latencies = false,
                               .subjects = ours_and_floors(settings)},
                              settings));
  }
  return cells;
}

std::vector<CellPlan> accept_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  cells.push_back(wire_cell("connect, echo, close", 0,
                            {.workload = {.churn = true}, .subjects = everybody(settings)},
                            settings));
  cells.push_back(wire_cell(
      "four loops", 0,
      {.workload = {.churn = true}, .subjects = accept_subjects(settings.programs)}, settings));
  return cells;
}

std::vector<CellPlan> io_models_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int connections : {1, 64, 1000}) {
    if (settings.quick && connections != 64) continue;
    std::vector<Subject> subjects = model_subjects(settings.programs);
    for (const char* name : {"raw-select", "raw-poll", "raw-level", "raw-uring-multishot"}) {
      subjects.push_back(subject_named(name, settings));
    }
    cells.push_back(wire_cell(absl::StrCat(connections, " x 64 B"), connections,
                              {.workload = {.connections = connections},
                               .idle_share = true,
                               .subjects = std::move(subjects)},
                              settings));
  }
  return cells;
}

std::vector<CellPlan> tick_burst_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int hertz : {30, 60, 128}) {
    if (settings.quick && hertz != 128) continue;
    cells.push_back(wire_cell(absl::StrCat("100 clients at ", hertz, " Hz"), hertz,
                              {.workload = {.connections = 100, .bytes = 128},
                               .bursts = static_cast<double>(hertz),
                               .subjects = everybody(settings)},
                              settings));
  }
  return cells;
}

std::vector<CellPlan> topologies_cells(const Settings& settings) {
  const int workers = std::max(2, static_cast<int>(settings.cores.threads.size()));
  std::vector<CellPlan> cells;
  for (const int work : {0, 1000}) {
    cells.push_back(wire_cell(work == 0 ? "light handler" : "1 ms handler", work,
                              {.subjects = topology_subjects(settings.programs, workers, work)},
                              settings));
  }
  return cells;
}

std::vector<CellPlan> threads_cells(const Settings& settings) {
  const int cores = static_cast<int>(settings.cores.threads.size());
  std::vector<int> counts;
  for (int workers = 1; workers <= std::max(4, 4 * cores); workers *= 2) counts.push_back(workers);
  std::vector<CellPlan> cells;
  for (const int workers : counts) {
    std::vector<Subject> subjects;
    for (const int work : {0, 1000}) {
      for (Subject& subject : topology_subjects(settings.programs, workers, work)) {
        const bool varies = subject.name == "master-sub" || subject.name == "pool";
        if (!varies || (work == 0 && subject.name == "pool")) continue;
        subject.name += work == 0 ? ", light" : ", 1 ms";
        subjects.push_back(std::move(subject));
      }
    }
    cells.push_back(wire_cell(absl::StrCat(workers, workers == 1 ? " thread" : " threads"), workers,
                              {.latencies = false, .subjects = std::move(subjects)}, settings));
  }
  return cells;
}

std::vector<CellPlan> memory_cells(const Settings& settings) {
  std::vector<CellPlan> cells;
  for (const int connections : {1000, 5000, 10'000, 19'000}) {
    if (settings.quick && connections != 10'000) continue;
    auto subjects = chosen(everybody(settings), settings);
    for (Subject& subject : subjects) {
      const bool polls = subject.name == "rondo-poll" || subject.name == "raw-poll";
      if (polls && connections > 5000) subject.missing = kLeftOut;
    }
    const double seconds = static_cast<double>(subjects.size()) * (0.8 + connections * 2e-4);
    auto run = [=](Progress& progress, Cell& cell) {
      run_memory(subjects, connections, settings, progress, cell);
    };
    cells.push_back({.name = absl::StrCat(connections, " connections"),
                     .x = static_cast<double>(connections),
                     .seconds = seconds,
                     .run = std::move(run)});
  }
  return cells;
}

}  // namespace rondo::bench
