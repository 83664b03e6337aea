// SPDX-License-Identifier: MIT
#include "verdict.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "table.h"

namespace rondo::bench {
namespace {

constexpr std::size_t kMostNames = 8;

std::string names_of(const std::vector<const Row*>& rows) {
  std::vector<std::string> names;
  for (const Row* row : rows) names.push_back(row->subject);
  if (names.size() > kMostNames) {
    const std::size_t more = names.size() - kMostNames;
    names.resize(kMostNames);
    return absl::StrCat(absl::StrJoin(names, ", "), " and ", more, " more");
  }
  return absl::StrJoin(names, ", ");
}

std::string title_of(const Measure& measure) {
  const std::string meaning(measure.meaning);
  const std::string unit(measure.unit);
  return unit.empty() ? meaning : absl::StrCat(meaning, ", in ", unit);
}

std::string best_sentence(const Ranking& ranking, const Measure& measure) {
  const Row& best = *ranking.best;
  const std::string value = range_text(*best.find(measure.key), measure);
  const std::string what = title_of(measure);
  if (ranking.has_winner()) {
    return absl::StrCat("Best by ", what, ": ", best.subject, " with ", value, ".");
  }
  return absl::StrCat("No winner by ", what, ": ", best.subject, " has the best median, ", value,
                      ", and the ranges do not tell it from ", names_of(ranking.equals), ".");
}

// The one that the scenario is about, or the next that somebody came through with.
const Measure* measure_of(const Scenario& scenario, const std::vector<const Measure*>& columns,
                          const Cell& cell) {
  const Measure* next = nullptr;
  for (const Measure* each : columns) {
    if (ranking_of(cell, *each).best == nullptr) continue;
    if (each->key == scenario.measure) return each;
    if (next == nullptr) next = each;
  }
  return next;
}

// The highest cost beyond its floor, of all of ours.
std::string floor_sentence(const Cell& cell) {
  const Row* dearest = nullptr;
  int count = 0;
  for (const Row& row : cell.rows) {
    if (row.kind != "rondo" || row.failed || row.find("floor_ratio") == nullptr) continue;
    ++count;
    const bool dearer = dearest == nullptr ||
                        row.find("floor_ratio")->median > dearest->find("floor_ratio")->median;
    if (dearer) dearest = &row;
  }
  if (dearest == nullptr) return "";
  return absl::StrCat(
      count > 1 ? "Of rondo's forms the one furthest from its plain C loop is " : "",
      dearest->subject, count > 1 ? ", at " : " is at ",
      range_text(*dearest->find("floor_ratio"), measure_named("floor_ratio")),
      " times that loop's CPU.");
}

std::string mark_sentence(const Cell& cell, std::string_view mark, std::string_view meaning) {
  std::vector<const Row*> marked;
  for (const Row& row : cell.rows) {
    if (std::find(row.marks.begin(), row.marks.end(), mark) != row.marks.end()) {
      marked.push_back(&row);
    }
  }
  if (marked.empty()) return "";
  const std::string who = marked.size() == cell.rows.size() ? "everybody" : names_of(marked);
  return absl::StrCat(std::string(meaning), " (", who, ").");
}

}  // namespace

Ranking ranking_of(const Cell& cell, const Measure& measure) {
  Ranking ranking;
  const auto value = [&](const Row& row) { return row.find(measure.key); };
  for (const Row& row : cell.rows) {
    if (value(row) == nullptr || row.failed) continue;
    const bool better =
        ranking.best == nullptr ||
        (measure.better == Better::kMore ? value(row)->median > value(*ranking.best)->median
                                         : value(row)->median < value(*ranking.best)->median);
    if (better) ranking.best = &row;
  }
  for (const Row& row : cell.rows) {
    if (&row == ranking.best || value(row) == nullptr || row.failed) continue;
    if (value(row)->overlaps(*value(*ranking.best))) ranking.equals.push_back(&row);
  }
  return ranking;
}

std::vector<std::string> verdict(const Scenario& scenario, const Cell& cell) {
  std::vector<std::string> sentences;
  const std::vector<const Measure*> columns = columns_of(scenario, cell);
  if (columns.empty()) return {"Nothing was measured."};
  const Measure* measure = measure_of(scenario, columns, cell);
  // What was measured before a failure stays in its row.
  sentences.push_back(measure == nullptr ? "Everybody who was measured failed."
                                         : best_sentence(ranking_of(cell, *measure), *measure));
  sentences.push_back(floor_sentence(cell));
  sentences.push_back(
      mark_sentence(cell, "load saturated",
                    "The load was the limit, so the server could have answered more, and waited "
                    "in smaller batches than it would otherwise"));
  sentences.push_back(mark_sentence(cell, "machine busy",
                                    "Something else took processor time, so the ranges are wide"));
  std::erase(sentences, "");
  return sentences;
}

std::vector<std::string> verdict(const Scenario& scenario, const ScenarioResult& result) {
  std::vector<std::string> sentences;
  if (scenario.form != ChartForm::kLines || result.cells.size() < 2) return sentences;
  const Measure& measure = measure_named(scenario.measure);
  const Cell* first = nullptr;
  const Cell* last = nullptr;
  for (const Cell& cell : result.cells) {
    if (ranking_of(cell, measure).best == nullptr) continue;
    if (first == nullptr || cell.x < first->x) first = &cell;
    if (last == nullptr || cell.x > last->x) last = &cell;
  }
  if (first == last) return sentences;
  std::vector<std::string> factors;
  for (const Row& row : last->rows) {
    const Row* before = first->find(row.subject);
    if (before == nullptr || row.failed || before->failed) continue;
    if (!row.find(measure.key) || !before->find(measure.key)) continue;
    if (before->find(measure.key)->median <= 0) continue;
    factors.push_back(absl::StrFormat(
        "%s %.2f", row.subject, row.find(measure.key)->median / before->find(measure.key)->median));
  }
  if (factors.empty()) return sentences;
  sentences.push_back(absl::StrCat("From ", first->name, " to ", last->name, ", ",
                                   title_of(measure),
                                   " is multiplied by: ", absl::StrJoin(factors, ", "), "."));
  return sentences;
}

}  // namespace rondo::bench
