// SPDX-License-Identifier: MIT
#include "view.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace rondo::tools {
namespace {

using Row = std::vector<std::string>;

struct Column {
  const char* heading;
  // Whether it is given up where the lines are too long, and how early: 1 is the first.
  int goes = 0;
};
constexpr Column kColumns[] = {{"LOOP"},     {"BACKEND", 3}, {"TURNS"},     {"STEPS"},
                               {"CALLS", 4}, {"IN B", 6},    {"OUT B", 5},  {"POSTS", 2},
                               {"WAKES", 1}, {"TURN99"},     {"LATE99", 7}, {"LAG"},
                               {"TASKS"},    {"FDS"}};
constexpr std::size_t kLeftAligned = 2;  // columns from the left

const LoopState* find(const Sample& sample, const std::string& name) {
  const auto found = std::find_if(sample.loops.begin(), sample.loops.end(),
                                  [&](const LoopState& each) { return each.loop == name; });
  return found == sample.loops.end() ? nullptr : &*found;
}

// Of what was measured between the two; "-" where nothing was.
std::string p99(const std::optional<DurationCounts>& now,
                const std::optional<DurationCounts>& before) {
  if (!now) return "-";
  const DurationCounts added = before ? now->since(*before) : *now;
  return added.total() == 0 ? "-" : short_time(added.percentile(99));
}

Row row_of(const LoopState& now, const LoopState& before, double seconds) {
  // A server that was started anew begins at zero again.
  const auto rate = [&](std::uint64_t LoopCounters::*count) {
    const std::uint64_t new_count = now.counters.*count;
    const std::uint64_t old_count = before.counters.*count;
    return short_number(new_count < old_count || seconds <= 0
                            ? 0
                            : static_cast<double>(new_count - old_count) / seconds);
  };
  Row row = {now.loop,
             now.backend,
             rate(&LoopCounters::turns),
             rate(&LoopCounters::resumed),
             rate(&LoopCounters::system_calls),
             rate(&LoopCounters::bytes_received),
             rate(&LoopCounters::bytes_sent),
             rate(&LoopCounters::posts),
             rate(&LoopCounters::wakes),
             p99(now.turn_times, before.turn_times),
             p99(now.timer_lags, before.timer_lags)};
  if (now.asked.answer == Answer::kGiven) {
    row.push_back(short_time(now.asked.took));
    row.push_back(absl::StrCat(now.tasks + now.visitors));
    row.push_back(absl::StrCat(now.descriptors));
  } else {
    row.push_back(now.asked.answer == Answer::kLate ? "STALLED" : "ended");
    row.insert(row.end(), 2, "-");
  }
  return row;
}

// How the table is fitted to the screen: which columns are left, and what is between them.
class Layout {
 public:
  Layout(const std::vector<Row>& rows, std::size_t width) {
    for (const Row& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
    }
    if (length() > width) gap_ = 1;
    for (int next = 1; length() > width && next <= static_cast<int>(widths_.size()); ++next) {
      for (std::size_t i = 0; i < widths_.size(); ++i) {
        if (kColumns[i].goes == next) is_gone_[i] = true;
      }
    }
  }

  std::string line(const Row& row) const {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (is_gone_[i]) continue;
      const std::string padding(widths_[i] - row[i].size(), ' ');
      if (i != 0) line.append(gap_, ' ');
      line += i < kLeftAligned ? row[i] + padding : padding + row[i];
    }
    return line;
  }

 private:
  std::size_t length() const {
    std::size_t length = 0;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (!is_gone_[i]) length += widths_[i] + (i == 0 ? 0 : gap_);
    }
    return length;
  }

  std::array<std::size_t, std::size(kColumns)> widths_ = {};
  std::array<bool, std::size(kColumns)> is_gone_ = {};
  std::size_t gap_ = 2;
};

}  // namespace

std::string short_number(double number) {
  constexpr const char* kUnits[] = {"", "k", "M", "G"};
  std::size_t unit = 0;
  while (number >= 999.5 && unit + 1 < std::size(kUnits)) {
    number /= 1000;
    ++unit;
  }
  const int digits = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f%s", digits, number, kUnits[unit]);
}

std::string short_time(Duration time) {
  const double us = static_cast<double>(time.count()) / 1000;
  if (us < 999.5) return absl::StrFormat("%.0fus", us);
  if (us < 999500) return absl::StrFormat("%.2fms", us / 1000);
  return absl::StrFormat("%.2fs", us / 1e6);
}

std::vector<std::string> view_lines(const Sample& before, const Sample& now, std::size_t width,
                                    std::size_t height) {
  const double seconds = std::chrono::duration<double>(now.time - before.time).count();
  std::vector<Row> rows(1);
  for (const Column& column : kColumns) rows[0].emplace_back(column.heading);
  for (const LoopState& state : now.loops) {
    const LoopState* old = find(before, state.loop);
    rows.push_back(row_of(state, old == nullptr ? state : *old, seconds));
  }
  const Layout layout(rows, width);
  std::vector<std::string> lines;
  for (const Row& row : rows) lines.push_back(layout.line(row));
  if (!now.waiting.empty()) {
    lines.emplace_back();
    lines.emplace_back("LONGEST WAITS");
    for (const std::string& line : now.waiting) lines.push_back("  " + line);
  }
  if (lines.size() > height) lines.resize(height);
  for (std::string& line : lines) {
    if (line.size() > width) line.resize(width);
  }
  return lines;
}

}  // namespace rondo::tools
