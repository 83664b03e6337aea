// SPDX-License-Identifier: MIT
#include "table.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

namespace rondo::bench {
namespace {

// A column, from its head down.
using Column = std::vector<std::string>;

std::size_t width_of(const Column& column) {
  std::size_t width = 0;
  for (const std::string& text : column) width = std::max(width, text.size());
  return width;
}

// The measure that the scenario is about tells its range, the others only their median.
std::string cell_text(const Row& row, const Measure& measure, const Scenario& scenario) {
  const Estimate* value = row.find(measure.key);
  if (value == nullptr) return "-";
  const bool with_range = measure.key == scenario.measure || measure.key == "floor_ratio";
  if (!with_range || value->least == value->most) return number_text(value->median, measure);
  return absl::StrCat(number_text(value->median, measure), " ", number_text(value->least, measure),
                      "-", number_text(value->most, measure));
}

std::string head_of(const Measure& measure) {
  const std::string unit(measure.unit);
  return absl::StrCat(std::string(measure.title), unit.empty() ? "" : " ", unit);
}

}  // namespace

std::string number_text(double value, const Measure& measure) {
  std::string text = absl::StrFormat("%.*f", measure.decimals, value);
  // Thousands are set apart.
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t first = text[0] == '-' ? 1 : 0;
  for (std::size_t at = point; at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string range_text(const Estimate& value, const Measure& measure) {
  const std::string median = number_text(value.median, measure);
  if (value.least == value.most) return median;
  return absl::StrCat(median, " (", number_text(value.least, measure), " to ",
                      number_text(value.most, measure), ")");
}

std::string remark_text(const Row& row) {
  const std::string failed = row.failed ? "FAILED: " : "";
  return row.note.empty() ? absl::StrJoin(row.marks, ", ") : failed + row.note;
}

std::vector<const Measure*> columns_of(const Scenario& scenario, const Cell& cell) {
  std::vector<const Measure*> columns;
  for (const std::string_view key : scenario.columns) {
    const bool present = std::any_of(cell.rows.begin(), cell.rows.end(),
                                     [&](const Row& row) { return row.find(key) != nullptr; });
    if (present) columns.push_back(&measure_named(key));
  }
  return columns;
}

std::vector<std::string> table_lines(const Scenario& scenario, const Cell& cell,
                                     std::size_t width) {
  Column names = {"  subject"};
  for (const Row& row : cell.rows) names.push_back("  " + row.subject);
  std::vector<std::string> lines;
  const std::size_t name_width = width_of(names);
  for (const std::string& name : names) {
    lines.push_back(name + std::string(name_width - name.size(), ' '));
  }

  constexpr std::size_t kRoomForRemark = 16;
  for (const Measure* measure : columns_of(scenario, cell)) {
    Column column = {head_of(*measure)};
    for (const Row& row : cell.rows) column.push_back(cell_text(row, *measure, scenario));
    const std::size_t column_width = width_of(column);
    if (lines[0].size() + 2 + column_width + kRoomForRemark > width) break;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      absl::StrAppend(&lines[i], std::string(2 + column_width - column[i].size(), ' '), column[i]);
    }
  }
  for (std::size_t i = 0; i < cell.rows.size(); ++i) {
    const std::string remark = remark_text(cell.rows[i]);
    std::string& line = lines[i + 1];
    if (cell.rows[i].measures.empty() && !remark.empty()) line.resize(name_width);
    if (!remark.empty()) absl::StrAppend(&line, "  ", remark);
    if (line.size() > width) line.resize(width);
  }
  return lines;
}

}  // namespace rondo::bench
