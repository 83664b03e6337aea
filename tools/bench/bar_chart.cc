// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "chart.h"
#include "measure.h"
#include "svg.h"
#include "table.h"

namespace rondo::bench {
namespace {

std::vector<const Row*> measured(const Cell& cell, const Measure& measure) {
  std::vector<const Row*> rows;
  for (const Row& row : cell.rows) {
    if (row.find(measure.key) != nullptr) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [&](const Row* a, const Row* b) {
    const double first = a->find(measure.key)->median;
    const double second = b->find(measure.key)->median;
    if (first == second) return a < b;  // as in the cell
    return measure.better == Better::kMore ? first > second : first < second;
  });
  return rows;
}

// Two strokes across the end of a bar that is longer than the chart.
std::string cut(double end, double y, double height) {
  return absl::StrFormat("<path d=\"M%.1f %.1fl5 %.1fm4 0l-5 %.1f\" class=\"cut\"/>", end - 16,
                         y + height + 1, -height - 2, height + 2);
}

std::string bar(const Row& row, const Measure& measure, const Scale& scale, double y) {
  constexpr double kHeight = 13;
  const Estimate& value = *row.find(measure.key);
  const double begin = scale.place(0);
  const double end = scale.place(value.median);
  std::string out = absl::StrFormat(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" rx=\"2\" class=\"bar %s\"/>",
      begin, y, std::max(1.0, end - begin), kHeight, row.kind);
  if (value.least != value.most) {
    const double middle = y + kHeight / 2;
    const double least = scale.place(value.least);
    const double most = scale.place(value.most);
    absl::StrAppend(&out, line({least, most}, {middle, middle}, "range"),
                    line({least, least}, {middle - 3, middle + 3}, "range"),
                    line({most, most}, {middle - 3, middle + 3}, "range"));
  }
  if (scale.is_beyond(value.median)) absl::StrAppend(&out, cut(end, y, kHeight));
  return out;
}

}  // namespace

std::string bar_chart(const Scenario& scenario, const Cell& cell) {
  const Measure& measure = measure_named(scenario.measure);
  const std::vector<const Row*> rows = measured(cell, measure);
  if (rows.empty()) return "";
  constexpr double kStep = 19;
  constexpr double kLetter = 6.9;  // about as wide as one is
  std::size_t letters = 0;
  for (const Row* row : rows) letters = std::max(letters, row->subject.size());
  const Span across = {std::clamp(10 + kLetter * static_cast<double>(letters), 60.0, 210.0),
                       kWidth - 62};
  // One that is far off must not flatten the others: beyond three times the middle it is cut, and
  // its number tells.
  const double middle = rows[rows.size() / 2]->find(measure.key)->median;
  double most = 0;
  for (const Row* row : rows) most = std::max(most, row->find(measure.key)->most);
  most = std::min(most, 3 * std::max(middle, 1e-9));
  const Scale scale({0, most}, across, false);
  double y = 4;
  std::string inside;
  for (const Row* row : rows) {
    absl::StrAppend(&inside,
                    text_at(across.begin - 6, y + 11, "name end " + row->kind, row->subject),
                    bar(*row, measure, scale, y),
                    text_at(kWidth - 2, y + 11, "value end",
                            number_text(row->find(measure.key)->median, measure)));
    y += kStep;
  }
  if (measure.key == "ratio") {
    const double one = scale.place(1);
    absl::StrAppend(&inside, line({one, one}, {0, y}, "one"));
  }
  return svg(y,
             absl::StrCat(std::string(scenario.title), ", ", cell.name, ": ",
                          std::string(measure.meaning)),
             inside);
}

}  // namespace rondo::bench
