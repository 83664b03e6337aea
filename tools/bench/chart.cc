// SPDX-License-Identifier: MIT
#include "chart.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "measure.h"
#include "table.h"

namespace rondo::bench {
namespace {

// Sizes are in units of the view box; a phone shows one about as a pixel.
constexpr double kWidth = 400;

struct Span {
  double begin;
  double end;
};

// Places values on a line, in equal steps or in equal ratios.
class Scale {
 public:
  Scale(Span values, Span places, bool logarithmic)
      : logarithmic_(logarithmic),
        values_{along(values.begin), along(values.end)},
        places_(places) {}

  bool is_beyond(double value) const { return along(value) > values_.end * 1.0001; }

  double place(double value) const {
    const double range = values_.end - values_.begin;
    const double part = range == 0 ? 0.5 : (along(value) - values_.begin) / range;
    return places_.begin + std::clamp(part, 0.0, 1.0) * (places_.end - places_.begin);
  }

 private:
  double along(double value) const {
    return logarithmic_ ? std::log(std::max(value, 1e-9)) : value;
  }

  bool logarithmic_;
  Span values_;
  Span places_;
};

std::string tag(std::string_view name, const std::string& attributes, const std::string& inside) {
  const std::string element(name);
  return absl::StrCat("<", element, " ", attributes, ">", inside, "</", element, ">");
}

std::string text_at(double x, double y, std::string_view style, std::string_view text) {
  return tag("text",
             absl::StrFormat("x=\"%.1f\" y=\"%.1f\" class=\"%s\"", x, y, std::string(style)),
             escaped(text));
}

std::string line(Span x, Span y, std::string_view style) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>",
                         x.begin, y.begin, x.end, y.end, std::string(style));
}

std::string svg(double height, std::string_view label, const std::string& inside) {
  return tag("svg",
             absl::StrFormat("viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\"", kWidth,
                             height, escaped(label)),
             inside);
}

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

// Round numbers up to `most`.
std::vector<double> ticks(double most) {
  const double rough = most / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (step < rough) step = power * factor;
  }
  std::vector<double> found;
  for (double at = 0; at <= most * 1.0001; at += step) found.push_back(at);
  return found;
}

std::string short_number(double value) {
  if (value >= 1e6) return absl::StrFormat("%gM", std::round(value / 1e4) / 100);
  if (value >= 1e4) return absl::StrFormat("%gk", std::round(value / 100) / 10);
  return absl::StrFormat("%g", std::round(value * 1000) / 1000);
}

// "rondo-edge" and "raw-edge" are of one family and get one colour.
std::string family_of(const std::string& subject) {
  const std::size_t dash = subject.find('-');
  const std::string_view first = std::string_view(subject).substr(0, dash);
  std::string rest = first == "rondo" || first == "raw" ? subject.substr(dash + 1) : subject;
  if (rest == "uring-multishot") rest = "uring";
  if (rest == "uring-single") rest = "uring-span";
  return rest;
}

constexpr int kColours = 8;  // that the style sheet has

struct Line {
  const Row* any;  // for its name and kind
  std::vector<std::pair<double, Estimate>> points;
};

std::vector<Line> lines_of(const ScenarioResult& result, const Measure& measure) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : result.cells) cells.push_back(&cell);
  std::sort(cells.begin(), cells.end(), [](auto* a, auto* b) { return a->x < b->x; });
  std::vector<Line> lines;
  for (const Cell* cell : cells) {
    for (const Row& row : cell->rows) {
      const Estimate* value = row.find(measure.key);
      if (value == nullptr) continue;
      auto found = std::find_if(lines.begin(), lines.end(),
                                [&](const Line& each) { return each.any->subject == row.subject; });
      if (found == lines.end()) found = lines.insert(found, {&row, {}});
      found->points.emplace_back(cell->x, *value);
    }
  }
  return lines;
}

class LineChart {
 public:
  LineChart(const Scenario& scenario, const ScenarioResult& result)
      : scenario_(scenario),
        measure_(measure_named(scenario.measure)),
        lines_(lines_of(result, measure_)) {
    for (const Line& each : lines_) {
      for (const auto& [x, value] : each.points) {
        least_x_ = std::min(least_x_, x);
        most_x_ = std::max(most_x_, x);
        least_y_ = std::min(least_y_, value.median);
        most_y_ = std::max(most_y_, value.median);
      }
    }
  }

  std::string print() {
    if (lines_.empty()) return "";
    constexpr double kHeight = 250;
    constexpr Span kAcross = {46, kWidth - 10};
    constexpr Span kUp = {kHeight - 34, 14};
    const bool wide = most_x_ > 20 * std::max(least_x_, 1e-9);
    // Lines that differ by much more than a paper's height would hide each other at the bottom.
    const bool high = least_y_ > 0 && most_y_ > 30 * least_y_;
    const Scale across({least_x_, most_x_}, kAcross, wide);
    const Scale up({high ? least_y_ / 1.5 : 0, most_y_ * (high ? 1.5 : 1.05)}, kUp, high);
    std::string inside = grid(across, up, high, kAcross, kUp);
    std::string legend;
    for (const Line& each : lines_) {
      const std::string style =
          absl::StrCat("line ", each.any->kind, " c", colour_of(family_of(each.any->subject)));
      absl::StrAppend(&inside, drawn(each, across, up, style));
      absl::StrAppend(&legend,
                      tag("li", "", absl::StrCat(swatch(style), escaped(each.any->subject))));
    }
    const std::string title =
        absl::StrCat(std::string(measure_.title), " ", std::string(measure_.unit));
    absl::StrAppend(&inside, text_at(2, 9, "axis", title),
                    text_at(kAcross.end, kHeight - 4, "axis end", scenario_.axis));
    return svg(kHeight, absl::StrCat(std::string(scenario_.title), ": ", title), inside) +
           tag("ul", "class=\"legend\"", legend);
  }

 private:
  int colour_of(const std::string& family) {
    const auto next = static_cast<int>(colours_.size()) % kColours;
    return colours_.try_emplace(family, next).first->second;
  }

  static std::string swatch(const std::string& style) {
    return tag("svg", "viewBox=\"0 0 24 8\" class=\"swatch\"", line({0, 24}, {4, 4}, style));
  }

  static std::string drawn(const Line& each, const Scale& across, const Scale& up,
                           const std::string& style) {
    std::string points, marks;
    for (const auto& [x, value] : each.points) {
      const double at = across.place(x);
      absl::StrAppendFormat(&points, "%.1f,%.1f ", at, up.place(value.median));
      absl::StrAppend(&marks, line({at, at}, {up.place(value.least), up.place(value.most)}, style));
    }
    return absl::StrFormat("<polyline points=\"%s\" class=\"%s\"/>", points, style) + marks;
  }

  std::string grid(const Scale& across, const Scale& up, bool high, Span places_across,
                   Span places_up) {
    std::string out;
    std::vector<double> levels = ticks(most_y_);
    if (high) {
      levels.clear();
      for (double at = std::pow(10, std::ceil(std::log10(least_y_ / 1.5))); at <= most_y_ * 1.5;
           at *= 10) {
        levels.push_back(at);
      }
    }
    for (const double level : levels) {
      const double y = up.place(level);
      absl::StrAppend(&out, line(places_across, {y, y}, "grid"),
                      text_at(places_across.begin - 4, y + 4, "axis end", short_number(level)));
    }
    double free_from = 0;  // labels must not cover each other
    std::set<double> xs;
    for (const Line& each : lines_) {
      for (const auto& [x, value] : each.points) xs.insert(x);
    }
    for (const double x : xs) {
      const double at = across.place(x);
      absl::StrAppend(&out, line({at, at}, {places_up.begin, places_up.begin + 4}, "grid"));
      if (at < free_from) continue;
      absl::StrAppend(&out, text_at(at, places_up.begin + 16, "axis middle", short_number(x)));
      free_from = at + 36;
    }
    return out;
  }

  const Scenario& scenario_;
  const Measure& measure_;
  std::vector<Line> lines_;
  std::map<std::string, int> colours_;
  double least_x_ = 1e300;
  double most_x_ = 0;
  double least_y_ = 1e300;
  double most_y_ = 0;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '<') {
      out += "&lt;";
    } else if (each == '>') {
      out += "&gt;";
    } else if (each == '&') {
      out += "&amp;";
    } else if (each == '"') {
      out += "&quot;";
    } else {
      out += each;
    }
  }
  return out;
}

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

std::string line_chart(const Scenario& scenario, const ScenarioResult& result) {
  return LineChart(scenario, result).print();
}

}  // namespace rondo::bench
