// SPDX-License-Identifier: MIT
#include "live_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "table.h"

namespace rondo::bench {
namespace {

constexpr std::size_t kFileWidth = 200;
constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kBetweenDrawings{150};

std::size_t terminal_width(std::FILE* out) {
  winsize size = {};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return kFileWidth;
  return size.ws_col;
}

std::size_t terminal_height(std::FILE* out) {
  winsize size = {};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_row < 4) return 24;
  return size.ws_row;
}

}  // namespace

std::string time_text(double seconds) {
  const int whole = static_cast<int>(std::max(0.0, seconds) + 0.5);
  if (whole < 60) return absl::StrCat(whole, " s");
  return absl::StrCat(whole / 60, " min ", whole % 60, " s");
}

LiveView::LiveView(std::FILE* out, double planned)
    : out_(out),
      terminal_(isatty(fileno(out)) == 1),
      width_(terminal_ ? terminal_width(out) : kFileWidth),
      planned_(planned) {}

void LiveView::begin(const Scenario& scenario, const CellPlan& cell) {
  planned_before_ += planned_now_;
  planned_now_ = cell.seconds;
  scenario_ = &scenario;
  cell_name_ = cell.name;
  drawn_ = {};
}

double LiveView::seconds_left(double part) const {
  const double done = planned_before_ + part * planned_now_;
  const double left = std::max(0.0, planned_ - done);
  const double taken = std::chrono::duration<double>(Clock::now() - start_).count();
  // What was slower than planned so far will stay so.
  return done < 5 ? left : left * taken / done;
}

void LiveView::at(double part, std::string_view what, const Cell& so_far) {
  if (!terminal_ || Clock::now() - drawn_ < kBetweenDrawings) return;
  std::vector<std::string> lines = {absl::StrCat(std::string(scenario_->name), ": ", cell_name_)};
  for (std::string& line : table_lines(*scenario_, so_far, width_ - 1)) {
    lines.push_back(std::move(line));
  }
  // What does not fit on the screen could not be taken away again.
  lines.resize(std::min(lines.size(), terminal_height(out_) - 2));
  const auto filled = static_cast<int>(part * kBarWidth);
  std::string progress = absl::StrFormat(
      "[%s%s] %3.0f %%  %s left  %s", std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(kBarWidth - filled), '.'), part * 100,
      time_text(seconds_left(part)), std::string(what));
  progress.resize(std::min(progress.size(), width_ - 1));
  lines.push_back(std::move(progress));
  draw(lines);
  drawn_ = Clock::now();
}

void LiveView::draw(const std::vector<std::string>& lines) {
  clear();
  for (const std::string& line : lines) std::fprintf(out_, "%s\n", line.c_str());
  lines_drawn_ = lines.size();
  std::fflush(out_);
}

void LiveView::clear() {
  if (lines_drawn_ > 0) std::fprintf(out_, "\x1b[%zuA\x1b[J", lines_drawn_);
  lines_drawn_ = 0;
}

void LiveView::finish(const Cell& cell) {
  clear();
  std::fprintf(out_, "%s: %s\n", scenario_->name.data(), cell_name_.c_str());
  for (const std::string& line : table_lines(*scenario_, cell, width_ - 1)) {
    std::fprintf(out_, "%s\n", line.c_str());
  }
  std::fputs("\n", out_);
  std::fflush(out_);
}

}  // namespace rondo::bench
