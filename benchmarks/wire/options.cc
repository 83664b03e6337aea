// SPDX-License-Identifier: MIT
#include "options.h"

#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "failure.h"

namespace rondo::bench {
namespace {

constexpr char kHelp[] =
    R"(usage: wire-bench [options]
Measures server CPU per request of rondo-echo and of the raw servers, in turn.
  --scenario NAME  repeatable; default: all but those with idle connections
  --subject NAME   repeatable; one of rondo-echo's modes, or
  --subject 'NAME=FLOOR=COMMAND'
                   any server that prints `listening on HOST:PORT` when ready; FLOOR is a raw
                   server, and so may be the program of COMMAND
  --floors         the raw servers against epoll_level instead of rondo-echo
  --rounds N       windows of the subject per scenario, 2 to 1000 (default 7)
  --window S       seconds per window, 0.05 to 60 (default 0.6)
  --json FILE      writes every window there
  --rondo-echo PATH, --raw-dir PATH
                   the programs, if not in this build folder
)";

struct Places {
  std::string rondo_echo;
  std::string raw_directory;
};

// This program is BUILD/benchmarks/wire/wire-bench.
Places places_in_build() {
  const auto build =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
  return {.rondo_echo = build / "tools/rondo-echo", .raw_directory = build / "benchmarks/raw"};
}

double parse_number(const std::string& text, double least, double most) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= least && value <= most)) {
    throw Failure("'" + text + "' is not a number from " + std::to_string(least) + " to " +
                  std::to_string(most));
  }
  return value;
}

[[noreturn]] void print_help() {
  std::fputs(kHelp, stdout);
  std::puts("scenarios:");
  for (const Scenario& scenario : all_scenarios()) {
    std::printf("  %s  %s\n", scenario.name.data(), scenario.summary.data());
  }
  std::puts("subjects and their floors:");
  for (const Subject& subject : rondo_subjects("rondo-echo")) {
    std::printf("  %-14s %s\n", subject.name.c_str(), subject.floor.c_str());
  }
  std::exit(0);
}

Subject subject_named(const std::string& text, const std::string& rondo_echo) {
  if (text.find('=') != text.npos) return parse_subject(text);
  for (Subject& subject : rondo_subjects(rondo_echo)) {
    if (subject.name == text) return subject;
  }
  throw Failure("no subject '" + text + "' (see --help)");
}

void require_program(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) throw Failure("there is no program " + path);
}

void require_programs(const Options& options) {
  const std::string raw = options.measure.raw_directory + "/";
  require_program(raw + "load");
  for (const Subject& subject : options.subjects) {
    require_program(raw + subject.floor);
    const std::string& program = subject.command[0];
    if (program.find('/') != program.npos) require_program(program);
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  enum Choice {
    kScenario = 1,
    kSubject,
    kFloors,
    kRounds,
    kWindow,
    kJson,
    kEcho,
    kRaw,
    kHelpAsked
  };
  static const option kOptions[] = {
      {"scenario", required_argument, nullptr, kScenario},
      {"subject", required_argument, nullptr, kSubject},
      {"floors", no_argument, nullptr, kFloors},
      {"rounds", required_argument, nullptr, kRounds},
      {"window", required_argument, nullptr, kWindow},
      {"json", required_argument, nullptr, kJson},
      {"rondo-echo", required_argument, nullptr, kEcho},
      {"raw-dir", required_argument, nullptr, kRaw},
      {"help", no_argument, nullptr, kHelpAsked},
      {nullptr, 0, nullptr, 0},
  };
  Options options;
  Places places = places_in_build();
  std::vector<std::string> subjects;
  bool floors = false;
  int choice;
  while ((choice = getopt_long(argc, argv, "", kOptions, nullptr)) != -1) {
    const std::string value = optarg == nullptr ? "" : optarg;
    switch (choice) {
      case kScenario:
        options.scenarios.push_back(scenario_named(value));
        break;
      case kSubject:
        subjects.push_back(value);
        break;
      case kFloors:
        floors = true;
        break;
      case kRounds:
        options.measure.rounds = static_cast<int>(parse_number(value, 2, 1000));
        break;
      case kWindow:
        options.measure.window = parse_number(value, 0.05, 60);
        break;
      case kJson:
        options.json = value;
        break;
      case kEcho:
        places.rondo_echo = value;
        break;
      case kRaw:
        places.raw_directory = value;
        break;
      case kHelpAsked:
        print_help();
      default:
        std::exit(2);  // getopt has printed its line
    }
  }
  if (optind != argc) throw Failure(std::string("unexpected argument '") + argv[optind] + "'");

  options.measure.raw_directory = places.raw_directory;
  if (options.scenarios.empty()) {
    for (const Scenario& scenario : all_scenarios()) {
      if (scenario.by_default) options.scenarios.push_back(scenario);
    }
  }
  for (const std::string& text : subjects) {
    options.subjects.push_back(subject_named(text, places.rondo_echo));
  }
  if (floors) {
    for (Subject& subject : floor_subjects()) options.subjects.push_back(std::move(subject));
  }
  if (options.subjects.empty()) options.subjects = rondo_subjects(places.rondo_echo);
  require_programs(options);
  return options;
}

}  // namespace rondo::bench
