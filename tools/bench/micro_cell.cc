// SPDX-License-Identifier: MIT
#include "micro_cell.h"

#include <algorithm>
#include <tuple>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/strip.h>

#include "failure.h"

namespace rondo::bench {
namespace {

constexpr std::chrono::minutes kPatience{10};
constexpr const char* kRealTime = "/real_time";
constexpr const char* kManualTime = "/manual_time";

// What others would do in our place.
bool is_foreign(const std::string& name) {
  for (const char* word : {"malloc", "mutex", "eventfd", "MSG_RING"}) {
    if (absl::StrContains(name, word)) return true;
  }
  return false;
}

// NAME of "FAMILY/NAME/1000/real_time".
std::string name_of(std::string text, const MicroPlan& plan) {
  absl::string_view name = text;
  for (const char* end : {kRealTime, kManualTime}) absl::ConsumeSuffix(&name, end);
  name = name.substr(0, name.find("/iterations:"));
  absl::ConsumePrefix(&name, plan.family + "/");
  absl::ConsumeSuffix(&name, plan.suffix);
  return absl::StrReplaceAll(name, {{"/", " "}});
}

double nanoseconds(const Json& benchmark) {
  if (const Json* rate = benchmark.find("items_per_second")) return 1e9 / rate->number();
  const std::string& name = benchmark.at("name").text();
  const bool real = absl::EndsWith(name, kRealTime) || absl::EndsWith(name, kManualTime);
  return benchmark.at(real ? "real_time" : "cpu_time").number();
}

// The repetitions, without their statistics: interleaved as they were run, so put back in the order
// of the source.
Json::Array in_order(const Json& output) {
  Json::Array found;
  for (const Json& each : output.at("benchmarks").array()) {
    if (each.at("run_type").text() == "iteration") found.push_back(each);
  }
  const auto place = [](const Json& each) {
    return std::tuple(each.at("family_index").number(),
                      each.at("per_family_instance_index").number(),
                      each.at("repetition_index").number());
  };
  std::sort(found.begin(), found.end(),
            [&](const Json& a, const Json& b) { return place(a) < place(b); });
  return found;
}

}  // namespace

std::vector<Row> micro_rows(const Json& output, const MicroPlan& plan) {
  std::vector<Row> rows;
  std::vector<std::vector<double>> values;
  for (const Json& benchmark : in_order(output)) {
    std::string name = name_of(benchmark.at("name").text(), plan);
    if (const Json* label = benchmark.find("label")) {
      // The number stands for what the label says.
      name = absl::StrCat(label->text(), ", ", name.substr(0, name.find_first_of("0123456789")));
    }
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const Row& each) { return each.subject == name; });
    if (row == rows.end()) {
      rows.push_back({.subject = name, .kind = is_foreign(name) ? "other" : "rondo"});
      values.emplace_back();
      row = rows.end() - 1;
    }
    if (const Json* message = benchmark.find("error_message")) {
      row->note = message->text();
      continue;
    }
    const double scale = plan.measure == "late_us" ? 1e-3 : 1;
    values[static_cast<std::size_t>(row - rows.begin())].push_back(nanoseconds(benchmark) * scale);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].set(plan.measure, std::move(values[i]));
  return rows;
}

void run_micro(const MicroPlan& plan, const Settings& settings, Progress& progress, Cell& cell) {
  progress.at(0, plan.program, cell);

  Process program({absl::StrCat(settings.programs.build, "/benchmarks/", plan.program),
                   absl::StrCat("--benchmark_filter=^", plan.family, "/.*", plan.suffix,
                                "(/(real|manual)_time|/iterations:.*)?$"),
                   absl::StrCat("--benchmark_repetitions=", settings.rounds),
                   absl::StrCat("--benchmark_min_time=", settings.window / 4),
                   "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"},
                  {});
  cell.rows = micro_rows(Json::parse(program.read_all(kPatience)), plan);
  if (cell.rows.empty()) throw Failure(absl::StrCat(plan.program, " has no such benchmark"));
}

}  // namespace rondo::bench
