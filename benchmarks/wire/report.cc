// SPDX-License-Identifier: MIT
#include "report.h"

#include <algorithm>
#include <cinttypes>
#include <string_view>

namespace rondo::bench {
namespace {

// What a typical window looked like, for orientation only: absolute values of different moments
// do not compare.
struct Typical {
  double microseconds_per_request;
  double requests_per_second;
  double server_share;  // of its core
  double load_share;
  double other_share;  // of one core; what disturbs the measurement
};

Typical typical_of(const std::vector<Window>& windows) {
  const auto median = [&](auto value) {
    std::vector<double> values;
    for (const Window& window : windows) values.push_back(value(window));
    return spread_of(std::move(values)).median;
  };
  return {
      .microseconds_per_request = median([](const Window& w) { return w.cpu_per_request() * 1e6; }),
      .requests_per_second =
          median([](const Window& w) { return static_cast<double>(w.requests) / w.seconds; }),
      .server_share = median([](const Window& w) { return w.server_cpu / w.seconds; }),
      .load_share = median([](const Window& w) { return w.load_cpu / w.seconds; }),
      .other_share = median([](const Window& w) { return w.other_cpu / w.seconds; }),
  };
}

void write_string(std::FILE* out, std::string_view text) {
  std::fputc('"', out);
  for (const char each : text) {
    if (each == '"' || each == '\\') std::fputc('\\', out);
    if (static_cast<unsigned char>(each) < 0x20) {
      std::fprintf(out, "\\u%04x", static_cast<unsigned>(each));
    } else {
      std::fputc(each, out);
    }
  }
  std::fputc('"', out);
}

void write_field(std::FILE* out, const char* name, std::string_view text) {
  std::fprintf(out, "\"%s\": ", name);
  write_string(out, text);
  std::fputs(", ", out);
}

void write_spread(std::FILE* out, const char* name, const Spread& spread) {
  std::fprintf(out, "\"%s\": {\"median\": %.5f, \"min\": %.5f, \"max\": %.5f}, ", name,
               spread.median, spread.least, spread.most);
}

void write_windows(std::FILE* out, const char* name, const std::vector<Window>& windows) {
  std::fprintf(out, "\"%s\": [", name);
  const char* separator = "";
  for (const Window& window : windows) {
    std::fprintf(
        out,
        "%s{\"requests\": %" PRIu64
        ", \"seconds\": %.6f, \"server_cpu\": %.9f, \"load_cpu\": %.6f, \"other_cpu\": %.2f}",
        separator, window.requests, window.seconds, window.server_cpu, window.load_cpu,
        window.other_cpu);
    separator = ", ";
  }
  std::fputs("]", out);
}

}  // namespace

Table::Table(std::FILE* out, const std::vector<Subject>& subjects)
    : out_(out), name_width_(7), floor_width_(5) {
  for (const Subject& subject : subjects) {
    name_width_ = std::max(name_width_, static_cast<int>(subject.name.size()));
    floor_width_ = std::max(floor_width_, static_cast<int>(subject.floor.size()));
  }
}

void Table::print_head(const Measure& measure) {
  std::fprintf(out_,
               "Server CPU per request to the floor before and after: median and range of %d"
               " windows of %.2g s.\n\n",
               measure.rounds, measure.window);
  std::fprintf(out_, "  %-*s %-*s  %5s %-11s  %-17s %8s %8s %9s %6s %5s %6s\n", name_width_,
               "subject", floor_width_, "floor", "ratio", "  range", "floor to itself", "us/req",
               "floor", "req/s", "server", "load", "others");
  std::fflush(out_);
}

void Table::print_row(const Comparison& comparison) {
  const Scenario& scenario = comparison.scenario;
  const Spread ratio = comparison.ratio();
  const Spread itself = comparison.floor_to_itself();
  const Typical subject = typical_of(comparison.subject_windows);
  const Typical floor = typical_of(comparison.floor_windows);
  if (scenario.name != last_scenario_) {
    std::fprintf(out_, "%s: %s\n", scenario.name.data(), scenario.summary.data());
    last_scenario_ = scenario.name;
  }
  std::fprintf(out_, "  %-*s %-*s  %5.3f %5.3f-%5.3f  %5.3f %5.3f-%5.3f", name_width_,
               comparison.subject.name.c_str(), floor_width_, comparison.subject.floor.c_str(),
               ratio.median, ratio.least, ratio.most, itself.median, itself.least, itself.most);
  std::fprintf(out_, " %8.3f %8.3f %9.0f %5.0f%% %4.0f%% %5.0f%%\n",
               subject.microseconds_per_request, floor.microseconds_per_request,
               subject.requests_per_second, subject.server_share * 100, subject.load_share * 100,
               subject.other_share * 100);
  std::fflush(out_);
}

void write_json(std::FILE* out, const std::vector<Comparison>& comparisons) {
  const char* separator = "";
  std::fputs("[", out);
  for (const Comparison& comparison : comparisons) {
    std::fprintf(out, "%s\n{", separator);
    write_field(out, "scenario", comparison.scenario.name);
    write_field(out, "summary", comparison.scenario.summary);
    write_field(out, "subject", comparison.subject.name);
    write_field(out, "floor", comparison.subject.floor);
    write_spread(out, "ratio", comparison.ratio());
    write_spread(out, "floor_to_itself", comparison.floor_to_itself());
    write_windows(out, "floor_windows", comparison.floor_windows);
    std::fputs(", ", out);
    write_windows(out, "subject_windows", comparison.subject_windows);
    std::fputs("}", out);
    separator = ",";
  }
  std::fputs("\n]\n", out);
}

}  // namespace rondo::bench
