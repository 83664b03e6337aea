// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "chart.h"
#include "measure.h"
#include "svg.h"

namespace rondo::bench {
namespace {

// Round numbers up to `most`.
std::vector<double> ticks(double most) {
  if (most <= 0) return {0};
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

std::string line_chart(const Scenario& scenario, const ScenarioResult& result) {
  return LineChart(scenario, result).print();
}

}  // namespace rondo::bench
