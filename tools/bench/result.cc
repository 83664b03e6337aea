// SPDX-License-Identifier: MIT
#include "result.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "failure.h"
#include "measure.h"

namespace rondo::bench {
namespace {

constexpr int kFormat = 1;  // of the JSON

template <class List>
auto find_named(List& list, std::string_view name) -> decltype(list.data()) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
  return found == list.end() ? nullptr : &*found;
}

Json facts_json(const Facts& facts) {
  Json::Object members;
  for (const auto& [name, value] : facts) members.emplace_back(name, value);
  return members;
}

Facts facts_from(const Json& json) {
  Facts facts;
  for (const auto& [name, value] : json.object()) facts.emplace_back(name, value.text());
  return facts;
}

Json row_json(const Row& row) {
  Json::Object measures;
  for (const auto& [key, value] : row.measures) {
    measures.emplace_back(
        key, Json::Object{{"median", value.median}, {"least", value.least}, {"most", value.most}});
  }
  Json::Object samples;
  for (const auto& [key, values] : row.samples) {
    samples.emplace_back(key, Json::Array(values.begin(), values.end()));
  }
  return Json::Object{{"subject", row.subject},
                      {"kind", row.kind},
                      {"note", row.note},
                      {"failed", row.failed},
                      {"marks", Json::Array(row.marks.begin(), row.marks.end())},
                      {"measures", std::move(measures)},
                      {"samples", std::move(samples)}};
}

Row row_from(const Json& json) {
  Row row = {.subject = json.at("subject").text(),
             .kind = json.at("kind").text(),
             .note = json.at("note").text(),
             .failed = json.at("failed").truth()};
  for (const Json& mark : json.at("marks").array()) row.marks.push_back(mark.text());
  for (const auto& [key, value] : json.at("measures").object()) {
    row.measures[key] = {.median = value.at("median").number(),
                         .least = value.at("least").number(),
                         .most = value.at("most").number()};
  }
  for (const auto& [key, values] : json.at("samples").object()) {
    for (const Json& value : values.array()) row.samples[key].push_back(value.number());
  }
  return row;
}

Json cell_json(const Cell& cell) {
  Json::Array rows;
  for (const Row& row : cell.rows) rows.push_back(row_json(row));
  return Json::Object{{"name", cell.name},
                      {"x", cell.x},
                      {"reference", cell.reference},
                      {"seconds", cell.seconds},
                      {"rows", std::move(rows)}};
}

Cell cell_from(const Json& json) {
  Cell cell = {.name = json.at("name").text(),
               .x = json.at("x").number(),
               .reference = json.at("reference").text(),
               .seconds = json.at("seconds").number(),
               .rows = {}};
  for (const Json& row : json.at("rows").array()) cell.rows.push_back(row_from(row));
  return cell;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char each : text) quoted += each == '"' ? "\"\"" : std::string(1, each);
  return quoted + '"';
}

}  // namespace

const Row* Cell::find(std::string_view subject) const {
  for (const Row& row : rows) {
    if (row.subject == subject) return &row;
  }
  return nullptr;
}

const Cell* ScenarioResult::find(std::string_view cell) const { return find_named(cells, cell); }

const ScenarioResult* Report::find(std::string_view scenario) const {
  return find_named(scenarios, scenario);
}

void Report::put(std::string_view scenario, Cell cell) {
  ScenarioResult* result = find_named(scenarios, scenario);
  if (result == nullptr) {
    scenarios.push_back({.name = std::string(scenario), .cells = {}});
    result = &scenarios.back();
  }
  if (Cell* old = find_named(result->cells, cell.name)) {
    *old = std::move(cell);
  } else {
    result->cells.push_back(std::move(cell));
  }
}

bool Report::failed() const {
  for (const ScenarioResult& scenario : scenarios) {
    for (const Cell& cell : scenario.cells) {
      if (std::any_of(cell.rows.begin(), cell.rows.end(),
                      [](const Row& row) { return row.failed; })) {
        return true;
      }
    }
  }
  return false;
}

Json to_json(const Report& report) {
  Json::Array scenarios;
  for (const ScenarioResult& scenario : report.scenarios) {
    Json::Array cells;
    for (const Cell& cell : scenario.cells) cells.push_back(cell_json(cell));
    scenarios.push_back(Json::Object{{"name", scenario.name}, {"cells", std::move(cells)}});
  }
  return Json::Object{{"format", kFormat},
                      {"environment", facts_json(report.environment)},
                      {"settings", facts_json(report.settings)},
                      {"scenarios", std::move(scenarios)}};
}

Report report_from(const Json& json) {
  if (json.at("format").number() != kFormat) throw Failure("results of another rondo-bench");
  Report report = {.environment = facts_from(json.at("environment")),
                   .settings = facts_from(json.at("settings")),
                   .scenarios = {}};
  for (const Json& each : json.at("scenarios").array()) {
    ScenarioResult scenario = {.name = each.at("name").text(), .cells = {}};
    for (const Json& cell : each.at("cells").array()) scenario.cells.push_back(cell_from(cell));
    report.scenarios.push_back(std::move(scenario));
  }
  return report;
}

std::string to_csv(const Report& report) {
  std::string text = "scenario,cell,subject,kind,measure,unit,median,least,most,marks,note\n";
  for (const ScenarioResult& scenario : report.scenarios) {
    for (const Cell& cell : scenario.cells) {
      for (const Row& row : cell.rows) {
        const std::string begin = absl::StrCat(csv_field(scenario.name), ",", csv_field(cell.name),
                                               ",", csv_field(row.subject), ",", row.kind, ",");
        const std::string end =
            absl::StrCat(csv_field(absl::StrJoin(row.marks, "; ")), ",", csv_field(row.note), "\n");
        if (row.measures.empty()) absl::StrAppend(&text, begin, ",,,,,", end);
        for (const auto& [key, value] : row.measures) {
          const std::string_view unit = measure_named(key).unit;
          absl::StrAppend(&text, begin, key, ",", std::string(unit));
          absl::StrAppendFormat(&text, ",%.9g,%.9g,%.9g,", value.median, value.least, value.most);
          absl::StrAppend(&text, end);
        }
      }
    }
  }
  return text;
}

}  // namespace rondo::bench
