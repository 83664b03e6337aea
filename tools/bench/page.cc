// SPDX-License-Identifier: MIT
#include "page.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

#include "chart.h"
#include "environment.h"
#include "measure.h"
#include "page_style.h"
#include "scenario.h"
#include "svg.h"
#include "table.h"
#include "verdict.h"

namespace rondo::bench {
namespace {

std::string element(std::string_view name, const std::string& inside) {
  const std::string tag(name);
  return absl::StrCat("<", tag, ">", inside, "</", tag, ">\n");
}

std::string paragraphs(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& each : sentences) {
    absl::StrAppend(&text, text.empty() ? "" : " ", escaped(each));
  }
  return text.empty() ? "" : element("p", text);
}

std::string facts_table(const Facts& facts) {
  std::string rows;
  for (const auto& [name, value] : facts) {
    absl::StrAppend(&rows, "<tr><th>", escaped(name), "</th><td>", escaped(value), "</td></tr>\n");
  }
  return absl::StrCat("<table class=\"facts\">", rows, "</table>\n");
}

std::string table(const Scenario& scenario, const Cell& cell) {
  const std::vector<const Measure*> columns = columns_of(scenario, cell);
  std::string head = "<th>subject</th>";
  for (const Measure* measure : columns) {
    absl::StrAppend(&head, "<th title=\"", escaped(measure->meaning), "\">",
                    escaped(measure->title), "<br><small>", escaped(measure->unit),
                    "</small></th>");
  }
  std::string rows = absl::StrCat("<tr>", head, "<th></th></tr>\n");
  for (const Row& row : cell.rows) {
    std::string line = absl::StrCat("<th class=\"", row.kind, "\">", escaped(row.subject), "</th>");
    for (const Measure* measure : columns) {
      const Estimate* value = row.find(measure->key);
      absl::StrAppend(&line, "<td>");
      if (value != nullptr) {
        absl::StrAppend(&line, number_text(value->median, *measure));
        if (value->least != value->most) {
          absl::StrAppend(&line, "<br><small>", number_text(value->least, *measure), " to ",
                          number_text(value->most, *measure), "</small>");
        }
      }
      absl::StrAppend(&line, "</td>");
    }
    absl::StrAppend(&rows, "<tr>", line, "<td class=\"remark\">", escaped(remark_text(row)),
                    "</td></tr>\n");
  }
  return absl::StrCat("<div class=\"wide\"><table>", rows, "</table></div>\n");
}

std::string tables(const Scenario& scenario, const ScenarioResult& result) {
  std::string text = "<summary>All numbers</summary>\n";
  for (const Cell& cell : result.cells) {
    absl::StrAppend(&text, element("h3", escaped(cell.name)), table(scenario, cell));
  }
  return element("details", text);
}

std::string section(const Scenario& scenario, const ScenarioResult& result) {
  std::string text = element("h2", escaped(scenario.title));
  absl::StrAppend(&text, element("p", escaped(scenario.compares)));
  const Measure& measure = measure_named(scenario.measure);
  const std::string shows =
      absl::StrCat("The chart shows: ", std::string(measure.meaning),
                   measure.unit.empty() ? "" : absl::StrCat(", in ", std::string(measure.unit)),
                   measure.better == Better::kMore ? "; more is better." : "; less is better.");
  if (scenario.form == ChartForm::kLines) {
    absl::StrAppend(&text, "<figure>", line_chart(scenario, result), "</figure>\n",
                    "<p class=\"shows\">", escaped(shows), "</p>\n",
                    paragraphs(verdict(scenario, result)));
  } else {
    absl::StrAppend(&text, "<p class=\"shows\">", escaped(shows), "</p>\n");
  }
  std::string figures;
  for (const Cell& cell : result.cells) {
    std::string inside = element("h3", escaped(cell.name));
    if (scenario.form == ChartForm::kBars) absl::StrAppend(&inside, bar_chart(scenario, cell));
    absl::StrAppend(&inside, paragraphs(verdict(scenario, cell)));
    absl::StrAppend(&figures, element("figure", inside));
  }
  absl::StrAppend(&text, "<div class=\"cells\">", figures, "</div>\n", tables(scenario, result));
  return absl::StrCat("<section id=\"", std::string(scenario.name), "\">", text, "</section>\n");
}

std::string contents(const Report& report) {
  std::string items;
  for (const Scenario& scenario : all_scenarios()) {
    if (report.find(scenario.name) == nullptr) continue;
    absl::StrAppend(&items, "<a href=\"#", std::string(scenario.name), "\">",
                    escaped(scenario.title), "</a> ");
  }
  return absl::StrCat("<nav>", items, "</nav>\n");
}

constexpr const char* kHowToRead =
    "Every number on this page was measured in this one run. Servers took turns within it: a "
    "window of one, a window of the next, with windows of the reference in between. What a server "
    "costs is divided by what the reference costs right before and after it, because the speed of "
    "a machine changes within seconds; a number is the median of its windows, and the range behind "
    "it, the thin line in a chart, is where the true median lies nineteen times in twenty (from "
    "the least to the most where there are fewer than six). Two ranges that meet are no "
    "difference. Times in microseconds and requests per second belong to the moment; only ratios "
    "and counts may be compared with those of another day.";

}  // namespace

std::string page(const Report& report) {
  std::string body = element("h1", "rondo-bench");
  absl::StrAppend(&body,
                  element("p", absl::StrCat("select, poll, epoll and io_uring compared, ",
                                            escaped(fact(report.environment, "time")), ", commit ",
                                            escaped(fact(report.environment, "commit")), ".")),
                  contents(report));
  std::string how = "<summary>How to read this</summary>\n";
  absl::StrAppend(&how, element("p", kHowToRead));
  std::string machine = "<summary>Machine, build and settings</summary>\n";
  absl::StrAppend(&machine, facts_table(report.environment), facts_table(report.settings));
  absl::StrAppend(&body, absl::StrCat("<details open>", how, "</details>\n"),
                  element("details", machine));
  for (const Scenario& scenario : all_scenarios()) {
    const ScenarioResult* result = report.find(scenario.name);
    if (result != nullptr) absl::StrAppend(&body, section(scenario, *result));
  }
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>rondo-bench</title>\n<style>",
      kPageStyle, "</style>\n</head>\n<body>\n", body, "</body>\n</html>\n");
}

}  // namespace rondo::bench
