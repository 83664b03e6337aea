// SPDX-License-Identifier: MIT
#include "options.h"

#include <unistd.h>

#include <cstdint>

#include <absl/flags/flag.h>
#include <absl/strings/str_cat.h>

#include "failure.h"
#include "flag_types.h"
#include "flags.h"
#include "scenario.h"
#include "subjects.h"

using rondo::tools::TextsFlag;
using rondo::tools::TimeFlag;

ABSL_FLAG(std::string, out, "rondo-bench-results",
          "folder for results.json, results.csv and report.html");
ABSL_FLAG(std::int64_t, rounds, 7, "windows of each subject per cell, from 2");
ABSL_FLAG(std::int64_t, starts, 0,
          "times that each server is started per cell, its windows divided among them; 0: three "
          "times, once with --quick");
ABSL_FLAG(TimeFlag, window, TimeFlag{std::chrono::milliseconds(300)}, "length of a window");
ABSL_FLAG(std::int64_t, latency_rounds, 3,
          "further windows of each subject per cell that tell latencies, from 1");
ABSL_FLAG(bool, quick, false, "only the cells of each scenario that say most");
ABSL_FLAG(TimeFlag, time, TimeFlag{},
          "begins no cell that would not be done within this time; 0s: no limit");
ABSL_FLAG(std::vector<std::string>, subject, {},
          "only these subjects; may be given several times (rondo-bench list names them)");
ABSL_FLAG(TextsFlag, server, {},
          "'NAME: COMMAND PORT', one more server in echo, wake-cost, payload, accept (not 'four "
          "loops'), tick-burst and memory; may be given several times. PORT stands for a free port "
          "that is chosen. Without PORT it must print `listening on HOST:PORT`");
ABSL_FLAG(TextsFlag, cell, {},
          "only the cells of this name, as in the tables; may be given several times");
ABSL_FLAG(bool, fresh, false, "does not go on with results that are there; puts them aside");
ABSL_FLAG(bool, times, false,
          "compare: also what depends on the speed of the machine at that moment");
ABSL_FLAG(std::string, build, "", "build folder with the programs; default: this program's own");

namespace rondo::bench {
namespace {

constexpr const char* kUsage =
    "rondo-bench: compares servers on select, poll, epoll and io_uring under the same load.\n"
    "\n"
    "  rondo-bench list                      scenarios and subjects\n"
    "  rondo-bench run NAME...               measures these scenarios\n"
    "  rondo-bench all                       measures what --out does not hold yet\n"
    "  rondo-bench compare OLD.json NEW.json what moved beyond noise\n"
    "\n"
    "  rondo-bench run echo --quick --subject=rondo-edge,raw-edge,libuv\n"
    "  rondo-bench run echo --server='mine: /path/to/server --port PORT'\n"
    "\n"
    "Server and load run on a core each; every cell is kept as soon as it is measured. Exit code: "
    "0,\n"
    "or 1 when something could not be measured, or 2 for a wrong command line.";

// The words before the first flag; the flags are left in argv.
std::vector<std::string> take_words(int& argc, char** argv) {
  std::vector<std::string> words;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    if (kept == 1 && argv[i][0] != '-') {
      words.emplace_back(argv[i]);
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  return words;
}

Command command_of(const std::string& word) {
  if (word == "list") return Command::kList;
  if (word == "run") return Command::kRun;
  if (word == "all") return Command::kAll;
  if (word == "compare") return Command::kCompare;
  tools::bad_usage(absl::StrCat("no command '", word, "': there are list, run, all and compare"));
}

int in_range(const char* name, std::int64_t value, int least, int most) {
  if (value < least || value > most) {
    tools::bad_usage(
        absl::StrCat("--", name, "=", value, ": expected a number from ", least, " to ", most));
  }
  return static_cast<int>(value);
}

double seconds(const TimeFlag& flag) { return std::chrono::duration<double>(flag.time).count(); }

Settings read_settings() {
  Settings settings;
  const std::string build = absl::GetFlag(FLAGS_build);
  settings.programs = build.empty() ? programs_of_this_build() : Programs{build};
  settings.rounds = in_range("rounds", absl::GetFlag(FLAGS_rounds), 2, 1000);
  settings.latency_rounds =
      in_range("latency_rounds", absl::GetFlag(FLAGS_latency_rounds), 1, 1000);
  settings.window = seconds(absl::GetFlag(FLAGS_window));
  if (settings.window < 0.02 || settings.window > 60) {
    tools::bad_usage("--window: expected a time from 20ms to 60s");
  }
  settings.quick = absl::GetFlag(FLAGS_quick);
  settings.starts = in_range("starts", absl::GetFlag(FLAGS_starts), 0, 100);
  if (settings.starts == 0) settings.starts = settings.quick ? 1 : 3;
  settings.only = absl::GetFlag(FLAGS_subject);
  for (const std::string& text : absl::GetFlag(FLAGS_server).texts) {
    settings.further.push_back(parse_server(text));
  }
  return settings;
}

void require_program(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) {
    throw Failure(absl::StrCat("there is no program ", path, "; tools/dev build makes it"));
  }
}

}  // namespace

Options read_options(int argc, char** argv) {
  std::vector<std::string> words = take_words(argc, argv);
  tools::parse_flags(argc, argv, kUsage);
  if (words.empty()) tools::bad_usage("expected a command: list, run, all or compare");
  Options options;
  options.command = command_of(words[0]);
  options.names.assign(words.begin() + 1, words.end());
  options.settings = read_settings();
  options.cells = absl::GetFlag(FLAGS_cell).texts;
  options.folder = absl::GetFlag(FLAGS_out);
  options.time = seconds(absl::GetFlag(FLAGS_time));
  options.fresh = absl::GetFlag(FLAGS_fresh);
  options.times = absl::GetFlag(FLAGS_times);

  const bool takes_names = options.command == Command::kRun || options.command == Command::kCompare;
  if (!takes_names && !options.names.empty()) {
    tools::bad_usage(absl::StrCat(words[0], " takes no names, got '", options.names[0], "'"));
  }
  if (options.command == Command::kCompare && options.names.size() != 2) {
    tools::bad_usage("compare takes two files: OLD.json NEW.json");
  }
  if (options.command == Command::kRun) {
    if (options.names.empty())
      tools::bad_usage("run takes the names of scenarios; list tells them");
    for (const std::string& name : options.names) scenario_named(name);
  }
  if (options.command == Command::kRun || options.command == Command::kAll) {
    require_program(options.settings.programs.raw("load"));
    require_program(options.settings.programs.raw("epoll_level"));
    require_program(options.settings.programs.tool("rondo-echo"));
    check_choice(options.settings);
    options.settings.cores = choose_cores();
  }
  return options;
}

}  // namespace rondo::bench
