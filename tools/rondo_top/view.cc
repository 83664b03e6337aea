// SPDX-License-Identifier: MIT
#include "view.h"

#include <algorithm>
#include <chrono>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace rondo::tools {
namespace {

using Row = std::vector<std::string>;

const Row kHeadings = {"LOOP",    "BACKEND", "TURNS/s", "STEPS/s", "CALLS/s", "IN B/s",
                       "OUT B/s", "POSTS/s", "WAKES/s", "LAG",     "TASKS",   "FDS"};
constexpr std::size_t kLeftAligned = 2;  // columns from the left

const LoopState* find(const Sample& sample, const std::string& name) {
  const auto found = std::find_if(sample.loops.begin(), sample.loops.end(),
                                  [&](const LoopState& each) { return each.loop == name; });
  return found == sample.loops.end() ? nullptr : &*found;
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
             rate(&LoopCounters::wakes)};
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

std::vector<std::string> aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(kHeadings.size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      if (i != 0) line += "  ";
      line += i < kLeftAligned ? row[i] + padding : padding + row[i];
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

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
  if (us < 999.5) return absl::StrFormat("%.0f us", us);
  if (us < 999500) return absl::StrFormat("%.2f ms", us / 1000);
  return absl::StrFormat("%.2f s", us / 1e6);
}

std::vector<std::string> view_lines(const Sample& before, const Sample& now, std::size_t width,
                                    std::size_t height) {
  const double seconds = std::chrono::duration<double>(now.time - before.time).count();
  std::vector<Row> rows = {kHeadings};
  for (const LoopState& state : now.loops) {
    const LoopState* old = find(before, state.loop);
    rows.push_back(row_of(state, old == nullptr ? state : *old, seconds));
  }
  std::vector<std::string> lines = aligned(rows);
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
