// SPDX-License-Identifier: MIT
// rondo-bench: compares servers on select, poll, epoll and io_uring under the same load.
#include <cstdio>
#include <exception>

#include "comparison.h"
#include "flags.h"
#include "options.h"
#include "peers.h"
#include "run.h"
#include "scenario.h"
#include "store.h"

namespace rondo::bench {
namespace {

void list_subjects(const char* title, const std::vector<Subject>& subjects) {
  std::printf("\n%s\n", title);
  for (const Subject& subject : subjects) {
    std::printf("  %-20s %s\n", subject.name.c_str(), subject.missing.c_str());
  }
}

int list(const Settings& settings) {
  std::puts("scenarios");
  for (const Scenario& scenario : all_scenarios()) {
    std::printf("  %-12s %s\n", scenario.name.data(), scenario.title.data());
  }
  list_subjects("rondo", rondo_subjects(settings.programs));
  list_subjects("rondo, only when named with --subject", further_rondo_subjects(settings.programs));
  list_subjects("plain C loops", floor_subjects(settings.programs));
  list_subjects("peers", peer_subjects(settings.programs));
  return 0;
}

int compare(const Options& options) {
  const Report before = read_report(options.names[0]);
  const Report after = read_report(options.names[1]);
  std::fputs(comparison_text(before, after, options.times).c_str(), stdout);
  return 0;
}

int main(int argc, char** argv) {
  try {
    const Options options = read_options(argc, argv);
    switch (options.command) {
      case Command::kList:
        return list(options.settings);
      case Command::kCompare:
        return compare(options);
      case Command::kRun:
      case Command::kAll:
        return run(options);
    }
  } catch (const std::exception& failure) {
    return tools::failure(failure.what());
  }
  return 1;
}

}  // namespace
}  // namespace rondo::bench

int main(int argc, char** argv) { return rondo::bench::main(argc, argv); }
