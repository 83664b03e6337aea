// SPDX-License-Identifier: MIT
#include "memory_cell.h"

#include <algorithm>

#include "contestant.h"
#include "failure.h"

namespace rondo::bench {
namespace {

constexpr int kFew = 100;
constexpr double kWindow = 0.05;  // seconds; each connection sends at least once

ProcessFigures after(const Subject& subject, int connections, const Settings& settings) {
  Contestant contestant(subject, settings.programs, {.connections = connections, .bytes = 1},
                        settings.cores);
  contestant.run(kWindow);
  return contestant.figures();
}

void measure(const Subject& subject, int connections, const Settings& settings, Row& row) {
  const auto few = static_cast<double>(after(subject, kFew, settings).resident);
  const ProcessFigures figures = after(subject, connections, settings);
  const auto many = static_cast<double>(figures.resident);
  // A few pages more or less at the beginning can make it less than nothing.
  row.measures["idle_bytes"] = exactly(std::max(0.0, (many - few) / (connections - kFew)));
  row.measures["rss_mib"] = exactly(many / (1 << 20));
  row.measures["threads"] = exactly(figures.threads);
}

}  // namespace

void run_memory(const std::vector<Subject>& subjects, int connections, const Settings& settings,
                Progress& progress, Cell& cell) {
  for (const Subject& subject : subjects) {
    const auto part = static_cast<double>(cell.rows.size()) / static_cast<double>(subjects.size());
    progress.at(part, subject.name, cell);
    Row row = {.subject = subject.name,
               .kind = std::string(name_of(subject.kind)),
               .note = subject.refusal(connections)};
    try {
      if (row.note.empty()) measure(subject, connections, settings, row);
    } catch (const Interrupted&) {
      throw;
    } catch (const Failure& failure) {
      row.failed = true;
      row.note = failure.what();
    }
    cell.rows.push_back(std::move(row));
  }
}

}  // namespace rondo::bench
