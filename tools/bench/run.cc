// SPDX-License-Identifier: MIT
#include "run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "environment.h"
#include "failure.h"
#include "interrupt.h"
#include "live_view.h"
#include "scenario.h"
#include "store.h"

namespace rondo::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Task {
  const Scenario* scenario;
  CellPlan cell;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Servers and loads inherit it.
void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Facts facts_of(const Settings& settings) {
  std::vector<std::string> servers;
  for (const Subject& each : settings.further) {
    servers.push_back(absl::StrCat(each.name, ": ", absl::StrJoin(each.command, " ")));
  }
  return {
      {"windows of each subject", absl::StrCat(settings.rounds)},
      {"starts of each server", absl::StrCat(settings.starts)},
      {"length of a window", absl::StrCat(settings.window, " s")},
      {"windows for latency", absl::StrCat(settings.latency_rounds)},
      {"quick", settings.quick ? "yes" : "no"},
      {"subjects", settings.only.empty() ? "all" : absl::StrJoin(settings.only, ", ")},
      {"further servers", servers.empty() ? "none" : absl::StrJoin(servers, "; ")},
      {"server on core", absl::StrCat(settings.cores.server)},
      {"server of many threads on cores", absl::StrJoin(settings.cores.threads, ", ")},
      {"load on core", absl::StrCat(settings.cores.load)},
  };
}

bool is_done(const Report& report, const Task& task) {
  const ScenarioResult* result = report.find(task.scenario->name);
  const Cell* cell = result == nullptr ? nullptr : result->find(task.cell.name);
  return cell != nullptr && std::none_of(cell->rows.begin(), cell->rows.end(),
                                         [](const Row& row) { return row.failed; });
}

bool is_chosen(const Options& options, const Scenario& scenario, const CellPlan& cell) {
  const auto holds = [](const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return cell.run != nullptr &&
         (options.command == Command::kAll || holds(options.names, scenario.name)) &&
         (options.cells.empty() || holds(options.cells, cell.name));
}

std::vector<Task> plan(const Options& options, const Report& report) {
  std::vector<Task> tasks;
  std::size_t done = 0;
  for (const Scenario& scenario : all_scenarios()) {
    for (CellPlan& cell : scenario.cells(options.settings)) {
      if (!is_chosen(options, scenario, cell)) continue;
      Task task = {&scenario, std::move(cell)};
      if (options.command == Command::kAll && is_done(report, task)) {
        ++done;
      } else {
        tasks.push_back(std::move(task));
      }
    }
  }
  if (done > 0)
    std::printf("going on: %s measured already\n\n",
                absl::StrCat(done, done == 1 ? " cell is" : " cells are").c_str());
  return tasks;
}

// Before anything is written: wrong names should not touch the results that are there.
void require_cells(const Options& options) {
  for (const Scenario& scenario : all_scenarios()) {
    for (const CellPlan& cell : scenario.cells(options.settings)) {
      if (is_chosen(options, scenario, cell)) return;
    }
  }
  throw Failure("no cell of these scenarios has such a name and such subjects");
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        store_(options.folder, environment(), facts_of(options.settings), options.fresh),
        tasks_(plan(options, store_.report())),
        view_(stdout, planned()) {}

  int all() {
    if (!store_.put_aside().empty()) {
      std::printf("earlier results, of another build, machine or setting, are in %s\n\n",
                  store_.put_aside().c_str());
    }
    std::printf("%zu %s, about %s\n\n", tasks_.size(), tasks_.size() == 1 ? "cell" : "cells",
                time_text(planned()).c_str());
    for (const Task& task : tasks_) {
      if (options_.time > 0 && seconds_since(start_) + task.cell.seconds > options_.time) {
        ++left_out_;
        continue;
      }
      measure(task);
    }
    if (left_out_ > 0) {
      std::printf("the time is over: %zu %s left out; without --time they come too\n", left_out_,
                  left_out_ == 1 ? "cell was" : "cells were");
    }
    std::printf("%s\n", store_.path("report.html").c_str());
    return failures_ == 0 ? 0 : 1;
  }

 private:
  double planned() const {
    double sum = 0;
    for (const Task& task : tasks_) sum += task.cell.seconds;
    return options_.time > 0 ? std::min(sum, options_.time) : sum;
  }

  void measure(const Task& task) {
    Cell cell = {.name = task.cell.name, .x = task.cell.x, .reference = "", .rows = {}};
    const Clock::time_point start = Clock::now();
    view_.begin(*task.scenario, task.cell);
    try {
      task.cell.run(view_, cell);
    } catch (const Interrupted&) {
      view_.clear();
      throw;
    } catch (const Failure& failure) {
      view_.clear();
      complain(task, "", failure.what());
      return;
    }
    cell.seconds = seconds_since(start);
    view_.finish(cell);
    for (const Row& row : cell.rows) {
      if (row.failed) complain(task, row.subject + ": ", row.note);
    }
    store_.keep(task.scenario->name, std::move(cell));
  }

  void complain(const Task& task, const std::string& subject, const std::string& why) {
    ++failures_;
    std::fflush(stdout);
    std::fprintf(stderr, "rondo-bench: %s: %s: %s%s\n", task.scenario->name.data(),
                 task.cell.name.c_str(), subject.c_str(), why.c_str());
  }

  const Options& options_;
  Store store_;
  std::vector<Task> tasks_;
  LiveView view_;
  Clock::time_point start_ = Clock::now();
  std::size_t left_out_ = 0;
  int failures_ = 0;
};

}  // namespace

int run(const Options& options) {
  require_cells(options);
  raise_descriptor_limit();
  hold_interrupts();
  return Run(options).all();
}

}  // namespace rondo::bench
