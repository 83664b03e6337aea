// SPDX-License-Identifier: MIT
// What rondo-bench makes of its numbers; tests/dev has the program itself.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/bench/chart.h"
#include "tools/bench/comparison.h"
#include "tools/bench/failure.h"
#include "tools/bench/json.h"
#include "tools/bench/micro_cell.h"
#include "tools/bench/page.h"
#include "tools/bench/statistics.h"
#include "tools/bench/subject.h"
#include "tools/bench/table.h"
#include "tools/bench/verdict.h"

namespace rondo::bench {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Row row(std::string subject, std::string kind, Estimate ratio) {
  Row made = {.subject = std::move(subject), .kind = std::move(kind)};
  made.measures["ratio"] = ratio;
  return made;
}

Report report_of(std::vector<Row> rows) {
  Report report = {.environment = {{"time", "now"}, {"kernel", "Linux <0> & \"more\""}},
                   .settings = {{"windows", "7"}},
                   .scenarios = {}};
  report.put("echo", {.name = "64 x 64 B", .reference = "raw-level", .rows = std::move(rows)});
  return report;
}

TEST(BenchStatistics, the_median_of_an_even_number_is_between_the_middle_two) {
  EXPECT_DOUBLE_EQ(estimate({4, 1, 3, 2}).median, 2.5);
  EXPECT_DOUBLE_EQ(estimate({3, 1, 2}).median, 2);
  EXPECT_DOUBLE_EQ(estimate({7}).median, 7);
}

TEST(BenchStatistics, few_values_range_from_the_least_to_the_most) {
  const Estimate found = estimate({5, 1, 9, 2, 3});
  EXPECT_EQ(found.least, 1);
  EXPECT_EQ(found.most, 9);
}

TEST(BenchStatistics, many_values_leave_out_what_the_binomial_distribution_allows) {
  // From tables of the sign test: the ranks of the 95 % interval of a median.
  EXPECT_EQ(left_out(5), 0U);
  EXPECT_EQ(left_out(6), 0U);
  EXPECT_EQ(left_out(8), 0U);
  EXPECT_EQ(left_out(9), 1U);
  EXPECT_EQ(left_out(15), 3U);
  EXPECT_EQ(left_out(20), 5U);
  EXPECT_EQ(left_out(100), 39U);
}

TEST(BenchStatistics, one_outlier_among_nine_does_not_widen_the_range) {
  const Estimate found = estimate({1, 1, 1, 1, 1, 1, 1, 1, 50});
  EXPECT_EQ(found.most, 1);
}

TEST(BenchJson, what_is_printed_reads_back_the_same) {
  const Json::Object members = {{"quoted \"\\\n\x01", "text"},
                                {"number", -1.5e-7},
                                {"yes", true},
                                {"none", Json()},
                                {"empty", Json::Array()},
                                {"list", Json::Array{1, "two", Json::Object{}}}};
  for (const int depth : {0, 1, 9}) {
    const std::string text = Json(members).print(depth);
    EXPECT_EQ(Json::parse(text).print(depth), text);
  }
}

TEST(BenchJson, what_is_no_json_is_refused_with_its_line) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "\"open", "nul", "1 2", "[\"\\q\"]",
                           "\"\\", "\"\\u00", "nan", "{1:2}"}) {
    EXPECT_THROW(Json::parse(text), Failure) << text;
  }
  EXPECT_THROW(Json::parse(std::string(1000, '[')), Failure);
  try {
    Json::parse("{\n\"a\": 1,\n]");
    FAIL() << "read";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("line 3"));
  }
}

TEST(BenchJson, a_value_of_another_type_is_refused) {
  const Json json = Json::parse("{\"a\": [1]}");
  EXPECT_THROW(json.at("b"), Failure);
  EXPECT_THROW(json.at("a").number(), Failure);
  EXPECT_THROW(json.at("a").at("c"), Failure);
  EXPECT_EQ(json.at("a").array()[0].number(), 1);
}

TEST(BenchMicro, repetitions_of_a_benchmark_are_one_row_in_the_order_of_the_source) {
  const auto benchmark = [](const char* name, int family, const char* type, double cpu) {
    return Json::Object{{"name", name},
                        {"family_index", family},
                        {"per_family_instance_index", 0},
                        {"repetition_index", cpu},
                        {"run_type", type},
                        {"real_time", 100 * cpu},
                        {"cpu_time", cpu}};
  };
  Json::Object broken = benchmark("f/late/7", 3, "iteration", 0);
  broken.emplace_back("error_message", "not here");
  Json::Object items = benchmark("f/many/7", 2, "iteration", 1);
  items.emplace_back("items_per_second", 1e8);
  const Json output = Json::Object{
      {"benchmarks", Json::Array{broken, items, benchmark("f/b/7/real_time", 1, "iteration", 2),
                                 benchmark("f/a mutex/7", 0, "iteration", 5),
                                 benchmark("f/a mutex/7", 0, "iteration", 3),
                                 benchmark("f/a mutex/7_mean", 0, "aggregate", 99)}}};
  const auto rows = micro_rows(output, {"x-bench", "f", "/7", "ns"});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].subject, "a mutex");
  EXPECT_EQ(rows[0].kind, "other");
  EXPECT_EQ(rows[0].find("ns")->median, 4);
  EXPECT_EQ(rows[1].subject, "b");
  EXPECT_EQ(rows[1].find("ns")->median, 200);
  EXPECT_EQ(rows[2].find("ns")->median, 10);
  EXPECT_EQ(rows[3].note, "not here");
  EXPECT_EQ(rows[3].find("ns"), nullptr);
  EXPECT_THROW(micro_rows(Json::Object{}, {}), Failure);
}

TEST(BenchResult, a_report_reads_back_the_same) {
  Row failed = {.subject = "b", .kind = "peer", .note = "died, \"badly\"", .failed = true};
  Row fine = row("a", "rondo", {1, 0.9, 1.1});
  fine.marks = {"load saturated"};
  fine.set("cpu_us", {3, 1, 2});
  const Report report = report_of({fine, failed});
  const std::string text = to_json(report).print(6);
  const Report again = report_from(Json::parse(text));
  EXPECT_EQ(to_json(again).print(6), text);
  EXPECT_TRUE(again.failed());
  EXPECT_EQ(again.find("echo")->cells[0].find("a")->samples.at("cpu_us")[0], 3);
  EXPECT_THAT(to_csv(report), HasSubstr("\"died, \"\"badly\"\"\""));
}

TEST(BenchResult, a_cell_that_is_measured_again_takes_the_place_of_the_old_one) {
  Report report = report_of({row("a", "rondo", exactly(1))});
  report.put("echo", {.name = "64 x 64 B", .reference = "", .rows = {}});
  ASSERT_EQ(report.find("echo")->cells.size(), 1U);
  EXPECT_TRUE(report.find("echo")->cells[0].rows.empty());
}

TEST(BenchVerdict, a_winner_is_called_only_where_the_ranges_part) {
  const Measure& ratio = measure_named("ratio");
  const Cell apart = {
      .name = "x",
      .reference = "",
      .rows = {row("a", "peer", {0.9, 0.88, 0.92}), row("b", "peer", {1, 0.93, 1.1}),
               Row{.subject = "missing", .kind = "peer"}}};
  EXPECT_TRUE(ranking_of(apart, ratio).has_winner());
  EXPECT_EQ(ranking_of(apart, ratio).best->subject, "a");
  EXPECT_THAT(verdict(scenario_named("echo"), apart)[0], HasSubstr("Best by"));

  Cell together = apart;
  together.rows[1].measures["ratio"].least = 0.92;
  EXPECT_FALSE(ranking_of(together, ratio).has_winner());
  EXPECT_THAT(verdict(scenario_named("echo"), together)[0], HasSubstr("No winner"));
}

TEST(BenchVerdict, more_requests_are_better_and_failures_do_not_count) {
  Cell cell = {.name = "x", .reference = "", .rows = {}};
  for (const double rate : {10.0, 30.0, 20.0}) {
    Row each = {.subject = std::to_string(rate), .kind = "peer"};
    each.measures["rate"] = exactly(rate);
    cell.rows.push_back(each);
  }
  EXPECT_EQ(ranking_of(cell, measure_named("rate")).best, &cell.rows[1]);
  cell.rows[1].failed = true;
  EXPECT_EQ(ranking_of(cell, measure_named("rate")).best, &cell.rows[2]);
}

TEST(BenchVerdict, nothing_measured_is_said) {
  const Cell cell = {.name = "x", .reference = "", .rows = {}};
  EXPECT_THAT(verdict(scenario_named("echo"), cell), ElementsAre("Nothing was measured."));
}

TEST(BenchVerdict, who_fails_after_some_windows_is_not_called_the_best) {
  Row ours = row("rondo-level", "rondo", exactly(1));
  ours.measures["floor_ratio"] = exactly(1);
  ours.failed = true;
  const Cell all = {.name = "x", .reference = "", .rows = {ours}};
  EXPECT_EQ(ranking_of(all, measure_named("ratio")).best, nullptr);
  EXPECT_THAT(verdict(scenario_named("echo"), all),
              ElementsAre("Everybody who was measured failed."));
  EXPECT_THAT(page(report_of({ours})), HasSubstr("Everybody who was measured failed."));

  // Another measure tells of the others.
  Row other = {.subject = "b", .kind = "peer"};
  other.measures["rate"] = exactly(20);
  const Cell some = {.name = "x", .reference = "", .rows = {ours, other}};
  EXPECT_THAT(verdict(scenario_named("echo"), some), ElementsAre(HasSubstr("b with 20.")));
}

TEST(BenchVerdict, a_line_over_the_cells_is_told_of_those_who_came_through) {
  ScenarioResult result = {.name = "wake-cost", .cells = {}};
  const Scenario& scenario = scenario_named("wake-cost");
  for (const double x : {1, 2}) {
    Cell cell = {.name = std::to_string(x), .x = x, .reference = "", .rows = {}};
    for (const char* name : {"a", "b"}) {
      cell.rows.push_back({.subject = name, .kind = "peer"});
      cell.rows.back().measures[std::string(scenario.measure)] = exactly(x);
    }
    result.cells.push_back(cell);
  }
  result.cells[1].rows[0].failed = true;
  EXPECT_THAT(verdict(scenario, result)[0], HasSubstr("is multiplied by: b 2.00."));
  result.cells[1].rows[1].failed = true;
  EXPECT_THAT(verdict(scenario, result), IsEmpty());
}

TEST(BenchComparison, only_what_leaves_its_range_has_moved) {
  const auto moved = [](Estimate before, Estimate after) {
    return beyond_noise({"echo", "x", "a", "ratio", before, after});
  };
  EXPECT_FALSE(moved({1, 0.9, 1.1}, {1.2, 1.05, 1.3}));
  EXPECT_TRUE(moved({1, 0.9, 1.1}, {1.2, 1.11, 1.3}));
  EXPECT_FALSE(moved({1, 0.999, 1.001}, {1.01, 1.009, 1.011})) << "too little";
  EXPECT_FALSE(moved(exactly(2), exactly(2.1))) << "counts vary";
  EXPECT_TRUE(moved(exactly(2), exactly(3)));
  EXPECT_FALSE(moved(exactly(0), exactly(0)));
}

TEST(BenchComparison, times_of_two_moments_are_left_out_unless_asked_for) {
  Row before = row("a", "rondo", exactly(1));
  before.measures["cpu_us"] = exactly(3);
  Row after = before;
  after.measures["cpu_us"] = exactly(9);
  EXPECT_EQ(movements(report_of({before}), report_of({after}), false).size(), 1U);
  EXPECT_EQ(movements(report_of({before}), report_of({after}), true).size(), 2U);
  EXPECT_THAT(comparison_text(report_of({before}), report_of({after}), true),
              HasSubstr("1 of 2 moved beyond noise"));
}

TEST(BenchTable, columns_that_do_not_fit_are_left_out) {
  Row wide = row("a", "rondo", {1, 0.9, 1.1});
  wide.measures["rate"] = exactly(1234567);
  const Cell cell = {.name = "x", .reference = "", .rows = {wide}};
  const auto all = table_lines(scenario_named("echo"), cell, 200);
  EXPECT_THAT(all[1], HasSubstr("1.000 0.900-1.100"));
  EXPECT_THAT(all[1], HasSubstr("1,234,567"));
  const auto some = table_lines(scenario_named("echo"), cell, 50);
  EXPECT_THAT(some[1], HasSubstr("1.000"));
  EXPECT_THAT(some[1], Not(HasSubstr("1,234,567")));
}

TEST(BenchPage, names_are_escaped_and_odd_numbers_do_no_harm) {
  std::vector<Row> rows = {row("<b>&\"", "other", {0, 0, 0}), row("a", "rondo", {1e9, 1, 1e12})};
  Report report = report_of(rows);
  report.put("wake-cost", {.name = "0", .x = 0, .reference = "", .rows = rows});
  report.put("memory", {.name = "1", .x = 1, .reference = "", .rows = {}});
  const std::string text = page(report);
  EXPECT_THAT(text, HasSubstr("&lt;b&gt;&amp;&quot;"));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
}

TEST(BenchSubject, one_that_serves_a_few_refuses_more) {
  Subject subject = {.name = "few", .most_connections = 10, .limit = "it is small"};
  EXPECT_EQ(subject.refusal(10), "");
  EXPECT_EQ(subject.refusal(11), "cannot: it is small");
  subject.missing = "not built";
  EXPECT_EQ(subject.refusal(1), "not built");
}

TEST(BenchScenario, every_cell_has_a_name_of_its_own_and_a_time) {
  for (const bool quick : {false, true}) {
    Settings settings = {.programs = {"/nowhere"}};
    settings.quick = quick;
    for (const Scenario& scenario : all_scenarios()) {
      std::set<std::string> names;
      for (const CellPlan& cell : scenario.cells(settings)) {
        EXPECT_TRUE(names.insert(cell.name).second) << scenario.name << ": " << cell.name;
        EXPECT_GT(cell.seconds, 0) << scenario.name << ": " << cell.name;
      }
      EXPECT_FALSE(names.empty()) << scenario.name;
      for (const std::string_view key : scenario.columns) measure_named(key);
      EXPECT_THAT(scenario.columns, Contains(scenario.measure));
    }
  }
}

TEST(BenchSubject, a_server_is_a_name_and_a_command) {
  const Subject subject = parse_server(" mine : /bin/server  --port PORT");
  EXPECT_EQ(subject.name, "mine");
  EXPECT_THAT(subject.command, ElementsAre("/bin/server", "--port", "PORT"));
  for (const char* text : {"", ":", "a:", ": b", "ab", "a:  "}) {
    EXPECT_THROW(parse_server(text), Failure) << text;
  }
}

}  // namespace
}  // namespace rondo::bench
